import { sql } from 'kysely';
import type { JsonScalar } from '#libs/common';
import { col, colAt, decodeAgtype, equal, namedCol, out, type Sql, tableOf, textOf } from '#libs/graph';
import { Project } from '../model/project.vertex.js';
import type { StatementRunner } from '../shared/statement-runner.js';
import { condition, JOINS, type ProjectFilter } from './project-condition.read-model.js';

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

/** Counts projects by several fields at once: one statement, one reading of the projects that match. */
export class ProjectFacetsReadModel {
  constructor(private readonly statements: StatementRunner) {}

  async count(organizationId: string, filter: ProjectFilter, fields: readonly FacetField[]): Promise<ProjectFacets> {
    const columns = fields.flatMap((field, index) => {
      const value = ownValue(field);
      return value ? [sql`, ${value} as ${valueColumn(index)}`] : [];
    });
    const counts = fields.map(countsOf);
    const rows = await this.statements.run(sql<RawCount>`
      with matched as materialized (
        select p.id ${sql.join(columns, sql` `)} from ${tableOf(Project)} p where ${condition(organizationId, filter)}
      )
      select null::int as facet, null::text as value, null::text as name, count(*)::text as total, '0' as in_all
      from matched union all ${sql.join(counts, sql` union all `)}`);
    return toFacets(rows, fields.length);
  }
}

function ownValue(field: FacetField): Sql | undefined {
  if (field.kind === 'joined') return undefined;
  if (field.kind === 'archived') return sql`(${col(Project, 'archived_at', 'p')} is not null)::text`;
  return out(colAt(Project, ['attributes', field.name], 'p'));
}

function valueColumn(index: number): Sql {
  return sql.ref(`value_${index}`);
}

// One reading of what matched: those without a value are the group whose value is null.
function countsOf(field: FacetField, index: number): Sql {
  const groups = field.kind === 'joined' ? joinedGroups(field.by) : ownGroups(field, index);
  return sql`(select ${sql.lit(index)}::int as facet, value, name, total::text,
      coalesce(sum(total) filter (where value is not null) over (), 0)::text as in_all
    from (${groups}) g order by g.value is not null, g.total desc, g.value limit ${sql.lit(MAX_VALUES + 1)})`;
}

// Edges are counted by where they end before anything is read of what stands there.
function joinedGroups(by: keyof typeof JOINS): Sql {
  const { edge, end } = JOINS[by];
  return sql`select ${textOf(namedCol(end, 'slug', 't'))} as value, ${textOf(namedCol(end, 'name', 't'))} as name, c.total
    from (
      select e.end_id, count(*) as total from matched m
      left join ${tableOf(edge)} e on ${equal(sql.ref('e.start_id'), sql.ref('m.id'))} group by e.end_id
    ) c left join ${tableOf(end)} t on ${equal(sql.ref('t.id'), sql.ref('c.end_id'))}`;
}

function ownGroups(field: FacetField, index: number): Sql {
  const column = valueColumn(index);
  if (field.kind !== 'attribute' || !field.isList) {
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
