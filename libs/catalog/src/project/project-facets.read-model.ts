import { sql } from 'kysely';
import type { JsonScalar } from '#libs/common';
import {
  col,
  decodeAgtype,
  type EdgeDefinition,
  equal,
  namedCol,
  type Sql,
  shown,
  shownMember,
  tableOf,
  textOf,
  type VertexDefinition,
} from '#libs/graph';
import { Project } from '../model/project.vertex.js';
import type { StatementRunner } from '../shared/statement-runner.js';
import { condition, isAlone, isOpen, JOINS, type ProjectFilter } from './project-condition.read-model.js';

/** What projects are counted by. */
export type FacetField =
  | { readonly kind: 'joined'; readonly by: keyof typeof JOINS }
  | { readonly kind: 'archived' }
  | { readonly kind: 'attribute'; readonly name: string; readonly isList: boolean };

export interface FacetCounts {
  readonly values: readonly { readonly value: JsonScalar; readonly name: string | null; readonly count: number }[];
  /** Projects counted under values beyond those that are named. */
  readonly other: number;
  /** Projects without a value. */
  readonly missing: number;
}

export interface ProjectFacets {
  readonly total: number;
  readonly facets: readonly FacetCounts[];
}

interface RawCount {
  /** The number of the field; null for all projects. */
  readonly facet: number | null;
  readonly value: string | null;
  readonly name: string | null;
  readonly total: string;
  readonly in_all: string;
}

const MAX_VALUES = 100;

/**
 * Counts projects by several fields at once: one statement, one reading of the projects that match. All of an organization
 * that shares the database with no other are counted in a shorter way; which way is taken is decided as the statement runs.
 */
export class ProjectFacetsReadModel {
  constructor(private readonly statements: StatementRunner) {}

  async count(organizationId: string, filter: ProjectFilter, fields: readonly FacetField[]): Promise<ProjectFacets> {
    const matching = countMatching(condition(organizationId, filter), fields);
    if (!isOpen(filter) || fields.some(isList)) return toFacets(await this.statements.run(matching), fields.length);
    const alone = isAlone(organizationId);
    const rows = await this.statements.run(sql<RawCount>`select * from (${matching}) counted where not ${alone}
      union all select * from (${countAll(fields)}) counted where ${alone}`);
    return toFacets(rows, fields.length);
  }
}

function countMatching(where: Sql, fields: readonly FacetField[]): Sql<RawCount> {
  const groups = fields.map((field, index) =>
    field.kind === 'joined' ? matchingEdges(field.by) : matchingValues(field, index),
  );
  return sql<RawCount>`with matched as materialized (${values(fields, where)})
    select null::int as facet, null::text as value, null::text as name, count(*)::text as total, '0' as in_all
    from matched union all ${sql.join(groups.map(countsOf), sql` union all `)}`;
}

// Nothing is kept of a project but what it is counted under, and edges are counted without looking where they begin.
function countAll(fields: readonly FacetField[]): Sql<RawCount> {
  const own = fields.flatMap((field, index) =>
    field.kind === 'joined' ? [] : [{ column: valueColumn(index), index }],
  );
  const given = (then: (of: (typeof own)[number]) => Sql) =>
    sql`case ${sql.join(
      own.map((of) => sql`when grouping(${of.column}) = 0 then ${then(of)}`),
      sql` `,
    )} end`;
  const sets = sql.join([...own.map(({ column }) => sql`(${column})`), sql`()`]);
  const facet = own.length === 0 ? sql`null` : given(({ index }) => sql.lit(index));
  const value = own.length === 0 ? sql`null` : given(({ column }) => column);
  const groups = fields.map((field, index) =>
    field.kind === 'joined'
      ? allEdges(field.by)
      : sql`select value, null::text as name, total from own where facet = ${sql.lit(index)}`,
  );
  return sql<RawCount>`with own as materialized (
      select (${facet})::int as facet, (${value})::text as value, count(*) as total
      from (${values(fields, sql`true`)} offset 0) v group by grouping sets (${sets})
    )
    select null::int as facet, null::text as value, null::text as name, total::text as total, '0' as in_all
    from own where facet is null union all ${sql.join(groups.map(countsOf), sql` union all `)}`;
}

// The attributes of a project are got once, however many of them are asked for.
function values(fields: readonly FacetField[], where: Sql): Sql {
  const columns = fields.flatMap((field, index) => {
    if (field.kind === 'joined') return [];
    const value = field.kind === 'archived' ? sql`p.archived` : shownMember(sql`p.attributes`, field.name);
    return [sql`, ${value} as ${valueColumn(index)}`];
  });
  const got = sql.join(
    [
      ...(fields.some(({ kind }) => kind === 'attribute')
        ? [sql`, ${shown(Project, 'attributes', 'p')} as attributes`]
        : []),
      ...(fields.some(({ kind }) => kind === 'archived')
        ? [sql`, (${col(Project, 'archived_at', 'p')} is not null)::text as archived`]
        : []),
    ],
    sql``,
  );
  return sql`select p.id${sql.join(columns, sql``)}
    from (select p.id${got} from ${tableOf(Project)} p where ${where} offset 0) p`;
}

function valueColumn(index: number): Sql {
  return sql.ref(`value_${index}`);
}

function isList(field: FacetField): boolean {
  return field.kind === 'attribute' && field.isList;
}

// Those without a value are the group whose value is null.
function countsOf(groups: Sql, index: number): Sql {
  return sql`(select ${sql.lit(index)}::int as facet, value, name, total::text as total,
      coalesce(sum(total) filter (where value is not null) over (), 0)::text as in_all
    from (${groups}) g order by g.value is not null, g.total desc, g.value limit ${sql.lit(MAX_VALUES + 1)})`;
}

// Edges are counted by where they end before anything is read of what stands there.
function matchingEdges(by: keyof typeof JOINS): Sql {
  const { edge, end } = JOINS[by];
  return sql`select ${textOf(namedCol(end, 'slug', 't'))} as value, ${textOf(namedCol(end, 'name', 't'))} as name, c.total
    from (
      select e.end_id, count(*) as total from matched m
      left join ${tableOf(edge)} e on ${equal(sql.ref('e.start_id'), sql.ref('m.id'))} group by e.end_id
    ) c left join ${tableOf(end)} t on ${equal(sql.ref('t.id'), sql.ref('c.end_id'))}`;
}

function allEdges(by: keyof typeof JOINS): Sql {
  const { edge, end }: { edge: EdgeDefinition; end: VertexDefinition } = JOINS[by];
  const starts =
    edge.unique === 'start' ? tableOf(edge) : sql`(select distinct e.start_id from ${tableOf(edge)} e) starts`;
  return sql`select ${textOf(namedCol(end, 'slug', 't'))} as value, ${textOf(namedCol(end, 'name', 't'))} as name, c.total
    from (select e.end_id, count(*) as total from ${tableOf(edge)} e group by e.end_id) c
    join ${tableOf(end)} t on ${equal(sql.ref('t.id'), sql.ref('c.end_id'))}
    union all select null, null, total - (select count(*) from ${starts}) from own where facet is null`;
}

function matchingValues(field: FacetField, index: number): Sql {
  const column = valueColumn(index);
  if (!isList(field)) {
    return sql`select ${column} as value, null::text as name, count(*) as total from matched group by ${column}`;
  }
  // A project counts once for each item of its list, and an empty list is no value; what is stored may be of before the
  // attribute was a list.
  return sql`select i.value::text as value, null::text as name, count(*) as total from matched
    left join lateral (
      select distinct value from jsonb_array_elements(
        case when left(${column}, 1) = '[' then ${column}::jsonb else jsonb_build_array(${column}::jsonb) end
      ) given (value)
    ) i on ${column} is not null where ${column} is null or i.value is not null group by i.value`;
}

function toFacets(rows: readonly RawCount[], fields: number): ProjectFacets {
  const total = Number(rows.find(({ facet }) => facet === null)?.total ?? 0);
  const facets = Array.from({ length: fields }, (_, index) => {
    const own = rows.filter(({ facet }) => facet === index);
    const named = own.filter(({ value }) => value !== null).slice(0, MAX_VALUES);
    const values = named.map(toCount);
    const listed = values.reduce((sum, { count }) => sum + count, 0);
    const missing = Number(own.find(({ value }) => value === null)?.total ?? 0);
    return { values, other: Number(named[0]?.in_all ?? 0) - listed, missing };
  });
  return { total, facets };
}

function toCount({ value, name, total }: RawCount): FacetCounts['values'][number] {
  return { value: name === null ? scalarOf(value) : value, name, count: Number(total) };
}

function scalarOf(text: string | null): JsonScalar {
  const value = decodeAgtype(text);
  // What is no scalar was stored before the attribute had its present type.
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}
