import { sql } from 'kysely';
import { type Sql, textOf } from '#libs/graph';

// The catalogue's label; authentication knows of it as much as the principal's statement does.
export const ORGANIZATION = sql.id('imbi', 'Organization');

/** The slug of the organization row `alias`, as agtype. */
export function organizationSlugValue(alias: string): Sql {
  return sql`ag_catalog.agtype_access_operator(${sql.ref(`${alias}.properties`)}, '"slug"'::ag_catalog.agtype)`;
}

export function organizationSlug(alias: string): Sql<string> {
  return textOf(organizationSlugValue(alias));
}

/** Whether the organization row `alias` is there for anybody: one that is being deleted is not. */
export function isOrganizationThere(alias: string): Sql<boolean> {
  return sql<boolean>`ag_catalog.agtype_access_operator(${sql.ref(`${alias}.properties`)}, '"deletion_id"'::ag_catalog.agtype) is null`;
}
