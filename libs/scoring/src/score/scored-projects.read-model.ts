import { sql } from 'kysely';
import { DeployedIn, Environment, HasType, OwnedBy, Project, ProjectType, Tag, TaggedWith, Team } from '#libs/catalog';
import { isJsonObject, type JsonObject, type JsonValue } from '#libs/common';
import {
  anyOf,
  col,
  constant,
  decodeAgtype,
  decodeMap,
  type EdgeDefinition,
  encode,
  encodeList,
  equal,
  greater,
  idOf,
  jsonList,
  jsonObject,
  namedCol,
  out,
  propertiesOf,
  type Sql,
  tableOf,
  textOf,
  type VertexDefinition,
} from '#libs/graph';
import type { StatementRunner } from '../shared/statement-runner.js';
import type { ScoredProject } from './project-attributes.js';

// agtype, like JSON, is written without line breaks.
const BREAK = '\n';

/** Which projects: all conditions that are there must hold. */
export interface Selection {
  readonly organizationId?: string | null;
  readonly teamId?: string | null;
  /** Of any of these types. */
  readonly typeIds?: readonly string[] | null;
  readonly projectId?: string | null;
}

export interface SelectedProject {
  readonly id: string;
  readonly organizationId: string;
}

interface RawBatch {
  /** As many lines as projects. */
  readonly projects: string | null;
  readonly organizations: string;
  readonly teams: string;
  readonly types: string;
  readonly environments: string;
  readonly tags: string;
}

/** Projects as scores are computed from them: one statement for a batch. */
export class ScoredProjectsReadModel {
  constructor(private readonly statements: StatementRunner) {}

  /** Those of the ids that are there, archived ones too. */
  async byIds(ids: readonly string[]): Promise<ScoredProjects> {
    const projects = sql`select p.id, p.properties from ${tableOf(Project)} p where ${anyOf(idOf('p'), encodeList(ids))}`;
    const rows = await this.statements.run(batch(projects), { fixed: true });
    return new ScoredProjects(rows[0]);
  }

  /** The next projects of a selection after `after`, by id. */
  async next(selection: Selection, after: string, limit: number): Promise<SelectedProject[]> {
    const rows = await this.statements.run<{ id: string; organization_id: string }>(sql`
      select ${textOf(idOf('p'))} as id, ${textOf(col(Project, 'organization_id', 'p'))} as organization_id
      from ${tableOf(Project)} p
      where ${greater(idOf('p'), encode(after))} and ${condition(selection)}
      order by ${idOf('p')} limit ${limit}::int`);
    return rows.map(({ id, organization_id }) => ({ id, organizationId: organization_id }));
  }

  /** The stored scores of an organization's projects, by id after `after`. */
  async nextScores(
    organizationId: string,
    after: string,
    limit: number,
  ): Promise<{ id: string; score: number | null }[]> {
    const rows = await this.statements.run<{ id: string; score: string | null }>(sql`
      select ${textOf(idOf('p'))} as id, ${textOf(col(Project, 'score', 'p'))} as score
      from ${tableOf(Project)} p
      where ${greater(idOf('p'), encode(after))} and ${condition({ organizationId })}
      order by ${idOf('p')} limit ${limit}::int`);
    return rows.map(({ id, score }) => ({ id, score: score === null ? null : Number(score) }));
  }

  async count(selection: Selection): Promise<number> {
    const rows = await this.statements.run<{ count: string }>(
      sql`select count(*)::text as count from ${tableOf(Project)} p where ${condition(selection)}`,
    );
    return Number(rows[0]?.count ?? 0);
  }
}

function condition({ organizationId, teamId, typeIds, projectId }: Selection): Sql {
  const all: Sql[] = [sql`true`];
  if (projectId) all.push(equal(idOf('p'), encode(projectId)));
  if (organizationId) all.push(equal(col(Project, 'organization_id', 'p'), encode(organizationId)));
  if (teamId) all.push(joinedTo(OwnedBy, Team, [teamId]));
  if (typeIds) all.push(joinedTo(HasType, ProjectType, typeIds));
  return sql.join(all, sql` and `);
}

function joinedTo(edge: EdgeDefinition, end: VertexDefinition, ids: readonly string[]): Sql {
  return sql`exists (
    select from ${tableOf(edge)} e join ${tableOf(end)} t on ${equal(sql.ref('t.id'), sql.ref('e.end_id'))}
    where ${equal(sql.ref('e.start_id'), sql.ref('p.id'))} and ${anyOf(idOf('t'), encodeList(ids))})`;
}

function batch(projects: Sql): Sql<RawBatch> {
  return sql<RawBatch>`
    with page as materialized (
      select p.id, p.properties, row_number() over () as position from (${projects}) p
    )
    select ${COLUMNS}`;
}

const COLUMNS = constant(sql`
  (select string_agg(${propertiesOf('page')}, ${sql.lit(BREAK)} order by page.position) from page) as projects,
  (select ${jsonList(out(sql.ref('page.organization_id')))}
    from (select distinct ${col(Project, 'organization_id', 'page')} as organization_id from page) page) as organizations,
  ${joined(OwnedBy, Team)} as teams, ${joined(HasType, ProjectType)} as types,
  ${joined(DeployedIn, Environment)} as environments, ${joined(TaggedWith, Tag)} as tags`);

// Of what a project is joined to, `[position, {id, slug}]`; see the catalogue's own read model for why in one text.
function joined(edge: EdgeDefinition, end: VertexDefinition): Sql {
  const members = jsonObject({ id: idOf('t'), slug: namedCol(end, 'slug', 't') });
  return sql`(select ${jsonList(sql`'[' || page.position || ',' || ${members} || ']'`)} from page
    join ${tableOf(edge)} e on ${equal(sql.ref('e.start_id'), sql.ref('page.id'))}
    join ${tableOf(end)} t on ${equal(sql.ref('t.id'), sql.ref('e.end_id'))})`;
}

interface Joined {
  readonly id: string;
  readonly slug: string;
}

/**
 * The projects of a batch, in no particular order. Each is made when it comes: as a list, what five hundred consist of
 * would live long enough to be collected as old.
 */
export class ScoredProjects implements Iterable<ScoredProject> {
  readonly organizationIds: readonly string[];
  private readonly lines: readonly string[];
  private readonly teams: ReadonlyMap<number, readonly Joined[]>;
  private readonly types: ReadonlyMap<number, readonly Joined[]>;
  private readonly environments: ReadonlyMap<number, readonly Joined[]>;
  private readonly tags: ReadonlyMap<number, readonly Joined[]>;

  constructor(raw: RawBatch | undefined) {
    const known = new Map<string, Joined>();
    this.lines = raw?.projects?.split(BREAK) ?? [];
    this.organizationIds = listOf(raw?.organizations).map(String);
    this.teams = byPosition(raw?.teams, known);
    this.types = byPosition(raw?.types, known);
    this.environments = byPosition(raw?.environments, known);
    this.tags = byPosition(raw?.tags, known);
  }

  *[Symbol.iterator](): Generator<ScoredProject> {
    for (const [index, line] of this.lines.entries()) {
      // PostgreSQL numbers rows from 1.
      const at = (items: ReadonlyMap<number, readonly Joined[]>) => items.get(index + 1) ?? [];
      yield toProject(decodeMap(line), {
        teamId: at(this.teams)[0]?.id ?? '',
        types: at(this.types),
        environments: at(this.environments),
        tags: at(this.tags),
      });
    }
  }
}

interface Relations {
  readonly teamId: string;
  readonly types: readonly Joined[];
  readonly environments: readonly Joined[];
  readonly tags: readonly Joined[];
}

function toProject(stored: JsonObject, { teamId, types, environments, tags }: Relations): ScoredProject {
  const { id, slug, organization_id, archived_at, score } = stored;
  return {
    id: String(id),
    slug: String(slug),
    organizationId: String(organization_id),
    teamId,
    typeIds: types.map((type) => type.id),
    typeSlugs: types.map((type) => type.slug),
    environments: environments.map((environment) => environment.slug),
    tags: tags.map((tag) => tag.slug),
    archived: typeof archived_at === 'string',
    score: typeof score === 'number' ? score : null,
    stored,
  };
}

/** @param known what was met before, so that a thousand projects of a type share its texts */
function byPosition(text: string | undefined, known: Map<string, Joined>): ReadonlyMap<number, readonly Joined[]> {
  const found = new Map<number, Joined[]>();
  for (const pair of listOf(text)) {
    const [position, item] = Array.isArray(pair) ? pair : [];
    if (!isJsonObject(item)) continue;
    const id = String(item['id']);
    const joined = known.get(id) ?? { id, slug: String(item['slug']) };
    known.set(id, joined);
    const items = found.get(Number(position));
    if (items) items.push(joined);
    else found.set(Number(position), [joined]);
  }
  for (const items of found.values()) items.sort((left, right) => (left.slug < right.slug ? -1 : 1));
  return found;
}

function listOf(text: string | undefined): readonly JsonValue[] {
  const value = decodeAgtype(text ?? null);
  return Array.isArray(value) ? value : [];
}
