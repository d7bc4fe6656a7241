import type { GraphTransaction } from '#libs/graph';

/** Injection token of {@link ProjectTypeUsers}: the catalogue does not know what other features do with project types. */
export const PROJECT_TYPE_USERS = Symbol('imbi.catalog.project-type-users');

/** What of other features is for certain project types. */
export interface ProjectTypeUsers {
  /** Lets go of a project type, in the transaction that deletes it. */
  release(tx: GraphTransaction, typeId: string): Promise<void>;
}
