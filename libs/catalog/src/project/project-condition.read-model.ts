import { sql } from 'kysely';
import {
  anyOf,
  col,
  compileFilter,
  type EdgeDefinition,
  encode,
  encodeList,
  equal,
  type Filter,
  namedCol,
  type Sql,
  searchOf,
  tableOf,
  type VertexDefinition,
} from '#libs/graph';
import { Environment, ProjectType, Tag, Team } from '../model/organization-owned.vertex.js';
import { DeployedIn, HasType, OwnedBy, Project, TaggedWith } from '../model/project.vertex.js';

/** Which projects: conditions on the project itself, and slugs of what it is joined to (any of each list). */
export interface ProjectFilter {
  readonly own?: Filter<typeof Project>;
  readonly joined?: readonly JoinedFilter[];
  /** Words that each have to be found in its texts. */
  readonly terms?: readonly string[];
}

export interface JoinedFilter {
  readonly by: 'team' | 'project_type' | 'environment' | 'tag';
  /** Any of these; without them, any at all. */
  readonly slugs?: readonly string[];
  /** Projects that are joined to none of them. */
  readonly negated?: boolean;
}

/** What projects are joined to, by what lists call it. */
export const JOINS = {
  team: { edge: OwnedBy, end: Team },
  project_type: { edge: HasType, end: ProjectType },
  environment: { edge: DeployedIn, end: Environment },
  tag: { edge: TaggedWith, end: Tag },
} as const;

/** Those of an organization, given as an agtype. */
export function inOrganization(organizationId: Sql): Sql<boolean> {
  return equal(col(Project, 'organization_id', 'p'), organizationId);
}

/**
 * Whether there are projects of this organization and of no other, as on most installations: by the first and the last
 * one in an index. A statement that asks so sees all of it in the same moment, and need not look whose each project is.
 */
export function isAlone(organizationId: string): Sql<boolean> {
  const own = encode(organizationId);
  const owner = col(Project, 'organization_id', 'p');
  const end = (direction: 'asc' | 'desc') =>
    sql`(select ${owner} from ${tableOf(Project)} p order by ${owner} ${sql.raw(direction)} limit 1)`;
  return sql<boolean>`coalesce(${equal(end('asc'), own)} and ${equal(end('desc'), own)}, false)`;
}

/** Whether a filter leaves nothing out. */
export function isOpen({ own, joined = [], terms }: ProjectFilter): boolean {
  return !own && joined.length === 0 && !terms;
}

/** The condition that a filter is, on the project row `p`. */
export function condition(organizationId: string, filter: ProjectFilter): Sql<boolean> {
  const joined = (filter.joined ?? []).map(joinedTo(organizationId));
  const found = filter.terms ? [searchOf(Project, 'p', filter.terms).matches] : [];
  const own = compileFilter(Project, filter.own ?? {}, 'p');
  return sql<boolean>`${sql.join([inOrganization(encode(organizationId)), own, ...joined, ...found], sql` and `)}`;
}

function joinedTo(organizationId: string): (filter: JoinedFilter) => Sql {
  return ({ by, slugs, negated }) => {
    const { edge, end }: { edge: EdgeDefinition; end: VertexDefinition } = JOINS[by];
    return sql`${negated ? sql`not ` : sql``}exists (
      select from ${tableOf(edge)} e join ${tableOf(end)} t on ${equal(sql.ref('t.id'), sql.ref('e.end_id'))}
      where ${equal(sql.ref('e.start_id'), sql.ref('p.id'))}
        and ${equal(namedCol(end, 'organization_id', 't'), encode(organizationId))}
        and ${slugs ? anyOf(namedCol(end, 'slug', 't'), encodeList(slugs)) : sql`true`}
    )`;
  };
}
