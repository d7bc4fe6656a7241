import { isId, isSlug } from '#libs/common';
import type { VertexDefinition } from '#libs/graph';
import { Group, ServiceAccount, User } from '../model/identity.vertex.js';

/** Who can be a member, hold roles and be granted access; users are named by id, the others by slug. */
export const PRINCIPAL_KINDS = [
  { name: 'user', definition: User, by: 'id', title: 'display_name', prefix: 'user' },
  { name: 'service_account', definition: ServiceAccount, by: 'slug', title: 'name', prefix: 'service-account' },
  { name: 'group', definition: Group, by: 'slug', title: 'name', prefix: 'group' },
] as const satisfies readonly PrincipalKind[];

export interface PrincipalKind {
  /** As answers and audit events say it. */
  readonly name: string;
  readonly definition: VertexDefinition;
  /** The property that names one. */
  readonly by: 'id' | 'slug';
  /** The property with the name that people see. */
  readonly title: string;
  /** As it stands before the colon of a reference. */
  readonly prefix: string;
}

export type PrincipalKindName = (typeof PRINCIPAL_KINDS)[number]['name'];

/** A principal by `user:<id>`, `group:<slug>` or `service-account:<slug>`; whether there is one is another question. */
export interface PrincipalReference {
  readonly kind: (typeof PRINCIPAL_KINDS)[number];
  readonly key: string;
}

/** Undefined for what is no reference. */
export function parsePrincipal(text: string): PrincipalReference | undefined {
  const [prefix, key = '', ...more] = text.split(':');
  const kind = PRINCIPAL_KINDS.find((one) => one.prefix === prefix);
  if (!kind || more.length > 0 || !(kind.by === 'id' ? isId(key) : isSlug(key))) return undefined;
  return { kind, key };
}

/** The reference that {@link parsePrincipal} reads. */
export function principalReference(kind: string, id: string, slug: string | null): string {
  const found = PRINCIPAL_KINDS.find(({ name }) => name === kind);
  return `${found?.prefix ?? kind}:${found?.by === 'slug' ? (slug ?? '') : id}`;
}
