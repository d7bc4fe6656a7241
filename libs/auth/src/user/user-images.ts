import type { GraphTransaction } from '#libs/graph';

/** Injection token of the {@link UserImages}: accounts do not know where images are kept. */
export const USER_IMAGES = Symbol('imbi.auth.user-images');

/** What a user shows: an address, or the id of something that is kept elsewhere. */
export interface AvatarUse {
  readonly userId: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Told of every avatar in the transaction that sets it, so that none is shown that is not there. */
export interface UserImages {
  /** @throws DomainError `validation_failed` at `/avatar` where an id names nothing that the user may show */
  use(tx: GraphTransaction, use: AvatarUse): Promise<void>;
  /** Before a user goes: what they uploaded to be shown with them, and nothing else shows, goes too. */
  release(tx: GraphTransaction, userId: string): Promise<void>;
}

/** An installation that keeps no images: avatars are addresses. */
export const NO_USER_IMAGES: UserImages = {
  use: async () => undefined,
  release: async () => undefined,
};
