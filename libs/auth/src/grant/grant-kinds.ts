import type { GraphModel, VertexDefinition } from '#libs/graph';
import { PERMISSIONS } from '../permission/permissions.js';
import { GRANT_ACTIONS, type GrantAction } from './grant.edge.js';

/** A kind of resource to which access can be granted by itself. */
export interface GrantKind {
  /** As addresses, answers and questions name it. */
  readonly name: string;
  /** Label of its vertices; they have `organization_id`, `slug` and `name`. */
  readonly label: string;
  /** What the parameter of its URLs is. */
  readonly by: 'id' | 'slug';
  /**
   * Whose permissions a grant opens on the resource: its own, and those of what is a part of it and lives under its
   * URL. What is not named here stays closed, whatever route states it.
   */
  readonly resources: readonly [string, ...string[]];
}

/** The label of a resource with the kind that says what grants on it mean. */
export interface Grantable extends GrantKind {
  readonly definition: VertexDefinition;
}

/** One more line makes one more kind: the routes of its resource then name it by `RequirePermission(…, { resource })`. */
export const GRANT_KINDS = [
  { name: 'project', label: 'Project', by: 'id', resources: ['project'] },
  { name: 'team', label: 'Team', by: 'slug', resources: ['team'] },
] as const satisfies readonly GrantKind[];

export type GrantKindName = (typeof GRANT_KINDS)[number]['name'];

/** The kinds whose labels a model has. */
export function grantables(model: GraphModel): Grantable[] {
  return GRANT_KINDS.flatMap((kind) => {
    const definition = model.vertex(kind.label);
    return definition ? [{ ...kind, definition }] : [];
  });
}

/** Whether one of the actions, granted on a resource of this kind, allows a permission there. */
export function grantOpens(kind: GrantKind, actions: Iterable<string>, permission: string): boolean {
  const sufficient = sufficientActions(kind, permission);
  return [...actions].some((action) => sufficient.some((one) => one === action));
}

/** The actions each of which allows a permission on a resource of this kind; none where no grant does. */
export function sufficientActions(kind: GrantKind, permission: string): readonly GrantAction[] {
  const [resource = '', action = '', ...more] = permission.split(':');
  if (more.length > 0 || !kind.resources.includes(resource)) return [];
  // What makes a project cannot be granted on one; what makes a part of it changes it.
  if (action === 'create') return resource === kind.resources[0] ? [] : ['write', 'admin'];
  return GRANT_ACTIONS.filter((one) => one === action || one === 'admin');
}

/** Every permission of the product that these actions open on a resource of this kind. */
export function openedBy(kind: GrantKind, actions: Iterable<string>): string[] {
  const given = [...actions];
  return PERMISSIONS.map(({ name }) => name).filter((name) => grantOpens(kind, given, name));
}

export function grantKindOf(label: string): GrantKind | undefined {
  return GRANT_KINDS.find((kind) => kind.label === label);
}
