import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { VertexDefinition } from './definition.js';
import { memberOf, namedCol, type Sql, tableOf } from './sql.js';

/** Raise it when the expression of these indexes changes: those of earlier ones are then dropped and made anew. */
const EXPRESSION = 2;

/** Begins the names of indexes that are made and dropped at run time, of which no definition knows. */
export const MEMBER_INDEX_PREFIX = 'imbi_at_';

/** An index over one member of a JSON property, within the values of another property and followed by the id. */
export interface MemberIndex {
  readonly definition: VertexDefinition;
  /** Each query holds it to one value: `organization_id`. */
  readonly within: string;
  readonly property: string;
  readonly member: string;
}

export interface StoredMemberIndex {
  readonly name: string;
  readonly member: string;
  /** An index that was being made when something failed takes writes, and answers nothing. */
  readonly valid: boolean;
}

export function memberIndexName({ definition, property, member }: MemberIndex): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([EXPRESSION, definition.label, property, member]))
    .digest('hex');
  return MEMBER_INDEX_PREFIX + digest.slice(0, 24);
}

/** The statements that make an index. `concurrently` lets writers go on, and must stand outside a transaction. */
export function createMemberIndex(index: MemberIndex, { concurrently }: { concurrently: boolean }): readonly Sql[] {
  const { definition, within, property, member } = index;
  // An index names the columns of its own table, by the name of the table.
  const column = (name: string) => namedCol(definition, name, definition.label);
  const at = memberOf(definition, property, member, definition.label);
  const name = sql.id('imbi', memberIndexName(index));
  return [
    sql`create index ${concurrently ? sql`concurrently` : sql``} ${sql.id(memberIndexName(index))}
      on ${tableOf(definition)} ((${column(within)}), (${at}), (${column('id')}))`,
    sql`comment on index ${name} is ${sql.lit(member)}`,
  ];
}

export function dropMemberIndex(name: string, { concurrently }: { concurrently: boolean }): Sql {
  return sql`drop index ${concurrently ? sql`concurrently` : sql``} if exists ${sql.id('imbi', name)}`;
}

/** Whether there is such an index now, for statements that are written otherwise without one. */
export function hasMemberIndex(index: MemberIndex): Sql<boolean> {
  return sql<boolean>`exists (select from pg_catalog.pg_index
    where indexrelid = pg_catalog.to_regclass(${`imbi.${memberIndexName(index)}`}) and indisvalid)`;
}

/** The indexes of this kind that a label has. */
export function storedMemberIndexes(definition: VertexDefinition): Sql<StoredMemberIndex> {
  return sql<StoredMemberIndex>`
    select c.relname::text as name, coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '') as member,
      i.indisvalid as valid
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    join pg_catalog.pg_class t on t.oid = i.indrelid
    join pg_catalog.pg_namespace n on n.oid = t.relnamespace
    where n.nspname = 'imbi' and t.relname = ${definition.label} and starts_with(c.relname::text, ${MEMBER_INDEX_PREFIX})
    order by c.relname`;
}
