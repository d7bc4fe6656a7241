import { sql } from 'kysely';
import { isId, isSlug } from '#libs/common';
import { encode, equal, idOf, namedCol, type Sql, tableOf, textOf } from '#libs/graph';
import { GRANT_KINDS, type Grantable, type GrantKindName, sufficientActions } from '../grant/grant-kinds.js';
import {
  isOrganizationThere,
  ORGANIZATION,
  organizationSlug,
  organizationSlugValue,
} from '../permission/organization-sql.js';
import { PRINCIPAL_KINDS, type PrincipalReference } from '../principal/principal-reference.js';

/** Where a permission is asked about: an organization, a resource that can be granted by itself, or everywhere. */
export type PlaceReference =
  | { readonly kind: 'organization'; readonly slug: string }
  | { readonly kind: GrantKindName; readonly id: string };

/** Reads `organization:<slug>`, `project:<id>` or `team:<id>`; undefined for anything else. */
export function parsePlace(text: string, kinds: readonly Grantable[]): PlaceReference | undefined {
  const [name, key = '', ...more] = text.split(':');
  if (more.length > 0) return undefined;
  if (name === 'organization') return isSlug(key) ? { kind: name, slug: key } : undefined;
  const kind = GRANT_KINDS.find((one) => one.name === name);
  const isKnown = kinds.some((one) => one.name === name);
  return kind && isKnown && isId(key) ? { kind: kind.name, id: key } : undefined;
}

/**
 * The place asked about as one row: `gid` (of a resource), `organization_key` (agtype) and what answers show of it. No
 * row where there is none, or where everywhere is meant.
 */
export function placeQuery(place: PlaceReference | undefined, kinds: readonly Grantable[]): Sql {
  if (place?.kind === 'organization') {
    return sql`select null::ag_catalog.graphid as gid, ${idOf('o')} as organization_key, 'organization' as kind,
        ${textOf(idOf('o'))} as id, ${organizationSlug('o')} as slug, null::text as name, ${organizationSlug('o')} as organization
      from ${ORGANIZATION} o where ${equal(organizationSlugValue('o'), encode(place.slug))} and ${isOrganizationThere('o')}`;
  }
  const kind = kinds.find(({ name }) => name === place?.kind);
  if (!kind || !place) {
    return sql`select null::ag_catalog.graphid as gid, null::ag_catalog.agtype as organization_key, null::text as kind,
        null::text as id, null::text as slug, null::text as name, null::text as organization where false`;
  }
  const { definition } = kind;
  return sql`select v.id as gid, ${namedCol(definition, 'organization_id', 'v')} as organization_key,
      ${sql.lit(kind.name)} as kind, ${textOf(idOf('v'))} as id, ${textOf(namedCol(definition, 'slug', 'v'))} as slug,
      ${textOf(namedCol(definition, 'name', 'v'))} as name, ${organizationSlug('o')} as organization
    from ${tableOf(definition)} v
    join ${ORGANIZATION} o on ${equal(idOf('o'), namedCol(definition, 'organization_id', 'v'))}
    where ${equal(idOf('v'), encode(place.id))} and ${isOrganizationThere('o')}`;
}

/** The actions of a grant that allow the permission at the place; none where no grant can. */
export function actionsFor(
  place: PlaceReference | undefined,
  permission: string,
  kinds: readonly Grantable[],
): readonly string[] {
  const kind = kinds.find(({ name }) => name === place?.kind);
  return kind ? sufficientActions(kind, permission) : [];
}

/** The principal asked about as one row: `gid` and what answers show of it. */
export function principalQuery({ kind, key }: PrincipalReference): Sql {
  return sql`select ${principalColumns(kind.name)} from ${tableOf(kind.definition)} v
    where ${equal(namedCol(kind.definition, kind.by, 'v'), encode(key))}`;
}

/** `gid`, `kind`, `id`, `slug`, `name`, `is_active` and `is_admin` of the principal row `v`. */
export function principalColumns(kindName: (typeof PRINCIPAL_KINDS)[number]['name']): Sql {
  const kind = PRINCIPAL_KINDS.find(({ name }) => name === kindName);
  if (!kind) throw new Error(`"${kindName}" is no kind of principal.`);
  const { definition, title, by } = kind;
  const flag = (name: string) =>
    Object.hasOwn(definition.properties, name)
      ? sql`coalesce(${equal(namedCol(definition, name, 'v'), encode(true))}, false)`
      : sql`${sql.lit(name === 'is_active')}::boolean`;
  return sql`v.id as gid, ${sql.lit(kind.name)} as kind, ${textOf(idOf('v'))} collate "C" as id,
    ${by === 'slug' ? textOf(namedCol(definition, 'slug', 'v')) : sql`null::text`} as slug,
    ${textOf(namedCol(definition, title, 'v'))} collate "C" as name, ${flag('is_active')} as is_active,
    ${flag('is_admin')} as is_admin`;
}
