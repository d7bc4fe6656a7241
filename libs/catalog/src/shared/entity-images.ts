import type { GraphTransaction, VertexDefinition } from '#libs/graph';

/** Injection token of the {@link EntityImages}: the catalogue does not know where images are kept. */
export const ENTITY_IMAGES = Symbol('imbi.catalog.entity-images');

/** What an entity shows for its icon: an address, or the id of something that is kept elsewhere. */
export interface ImageUse {
  readonly definition: VertexDefinition;
  readonly id: string;
  /** The organization that the entity belongs to, or is. */
  readonly organizationId: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Told of every icon in the transaction that sets it, so that none is shown that is not there. */
export interface EntityImages {
  /** @throws DomainError `validation_failed` at `/icon` where an id names nothing that the entity may show */
  use(tx: GraphTransaction, uses: readonly ImageUse[]): Promise<void>;
  /** Before an entity goes: what was attached to it and to nothing else goes too. */
  release(tx: GraphTransaction, definition: VertexDefinition, id: string): Promise<void>;
}

/** An installation that keeps no images: icons are addresses, or words that mean something to somebody else. */
export const NO_IMAGES: EntityImages = {
  use: async () => undefined,
  release: async () => undefined,
};

/** The icon of a stored entity, of whatever kind. */
export function iconOf(vertex: Readonly<Record<string, unknown>> | undefined): string | null {
  const icon = vertex?.['icon'];
  return typeof icon === 'string' ? icon : null;
}
