import { sql } from 'kysely';
import { isJsonObject, type JsonObject, type JsonValue } from '#libs/common';
import {
  anyOf,
  col,
  compileFilter,
  constant,
  decodeMap,
  type EdgeDefinition,
  encode,
  encodeList,
  equal,
  type Filter,
  FixedStatement,
  jsonList,
  jsonObject,
  type KeysetPosition,
  keyset,
  namedCol,
  type Order,
  propertiesOf,
  type Sql,
  tableOf,
  type VertexDefinition,
} from '#libs/graph';
import { Environment, ProjectType, Tag, Team } from '../model/organization-owned.vertex.js';
import { DeployedIn, HasType, OwnedBy, Project, TaggedWith } from '../model/project.vertex.js';
import type { StatementRunner } from '../shared/statement-runner.js';

interface Named {
  readonly slug: string;
  readonly name: string;
}

/** A project with everything its default representation shows. */
export interface ProjectRow {
  readonly properties: JsonObject;
  readonly team: Named | undefined;
  readonly projectTypes: readonly Named[];
  readonly environments: readonly (Named & { attributes: JsonObject | null; machine: JsonObject | null })[];
  readonly tags: readonly Named[];
}

/** Which projects: conditions on the project itself, and slugs of what it is joined to (any of each list). */
export interface ProjectFilter {
  readonly own?: Filter<typeof Project>;
  readonly joined?: readonly JoinedFilter[];
}

export interface JoinedFilter {
  readonly by: 'team' | 'project_type' | 'environment' | 'tag';
  /** Any of these; without them, any at all. */
  readonly slugs?: readonly string[];
  /** Projects that are joined to none of them. */
  readonly negated?: boolean;
}

export interface ProjectPageRequest {
  readonly order: Order<typeof Project>;
  readonly after?: KeysetPosition;
  readonly limit: number;
}

interface RawProjectRow {
  readonly properties: string;
  readonly team: string | null;
  readonly project_types: string;
  readonly environments: string;
  readonly tags: string;
}

const JOINS = {
  team: { edge: OwnedBy, end: Team },
  project_type: { edge: HasType, end: ProjectType },
  environment: { edge: DeployedIn, end: Environment },
  tag: { edge: TaggedWith, end: Tag },
} as const;

/** Projects as screens show them: one statement for one project or for a page, whatever they are joined to. */
export class ProjectReadModel {
  constructor(private readonly statements: StatementRunner) {}

  async findById(organizationId: string, id: string): Promise<ProjectRow | undefined> {
    const [row] = await this.statements.run(BY_ID.with({ organizationId, id }));
    return row && toRow(row);
  }

  async findBySlug(organizationId: string, slug: string): Promise<ProjectRow | undefined> {
    const [row] = await this.statements.run(BY_SLUG.with({ organizationId, slug }));
    return row && toRow(row);
  }

  /** By slug; slugs that no project has are not in the map. */
  async findBySlugs(organizationId: string, slugs: readonly string[]): Promise<ReadonlyMap<string, ProjectRow>> {
    if (slugs.length === 0) return new Map();
    const named = anyOf(col(Project, 'slug', 'p'), encodeList(slugs));
    const found = sql`select p.id, p.properties from ${tableOf(Project)} p
      where ${inOrganization(encode(organizationId))} and ${named}`;
    const rows = (await this.statements.run(withRelations(found))).map(toRow);
    return new Map(rows.map((row) => [String(row.properties['slug']), row]));
  }

  async page(organizationId: string, filter: ProjectFilter, request: ProjectPageRequest): Promise<ProjectRow[]> {
    const order = keyset(Project, request.order, 'p', { pinned: ['organization_id'] });
    const page = order.page({
      from: sql`${tableOf(Project)} p`,
      columns: sql`p.id, p.properties`,
      where: condition(organizationId, filter),
      after: request.after,
      limit: request.limit,
    });
    return (await this.statements.run(withRelations(page))).map(toRow);
  }

  async count(organizationId: string, filter: ProjectFilter): Promise<number> {
    const rows = await this.statements.run(
      sql<{
        total: string;
      }>`select count(*)::text as total from ${tableOf(Project)} p where ${condition(organizationId, filter)}`,
    );
    return Number(rows[0]?.total ?? 0);
  }
}

const BY_ID = new FixedStatement<RawProjectRow, 'organizationId' | 'id'>((value) =>
  withRelations(sql`select p.id, p.properties from ${tableOf(Project)} p
    where ${equal(col(Project, 'id', 'p'), value('id'))} and ${inOrganization(value('organizationId'))}`),
);

const BY_SLUG = new FixedStatement<RawProjectRow, 'organizationId' | 'slug'>((value) =>
  withRelations(sql`select p.id, p.properties from ${tableOf(Project)} p
    where ${inOrganization(value('organizationId'))} and ${equal(col(Project, 'slug', 'p'), value('slug'))}`),
);

// A page is cut before anything is joined: the joins run for the rows that are shown and for no others.
function withRelations(projects: Sql): Sql<RawProjectRow> {
  return sql<RawProjectRow>`select ${RELATIONS} from (${projects}) p`;
}

const RELATIONS = constant(sql`
  ${propertiesOf('p')} as properties,
  ${joinedOne(OwnedBy, Team)} as team,
  ${joinedMany(HasType, ProjectType, named('t'), col(ProjectType, 'slug', 't'))} as project_types,
  ${joinedMany(DeployedIn, Environment, deployment(), sql.join([col(Environment, 'sort_order', 't'), col(Environment, 'slug', 't')]))} as environments,
  ${joinedMany(TaggedWith, Tag, named('t'), col(Tag, 'slug', 't'))} as tags`);

function inOrganization(organizationId: Sql): Sql {
  return equal(col(Project, 'organization_id', 'p'), organizationId);
}

function condition(organizationId: string, filter: ProjectFilter): Sql {
  const joined = (filter.joined ?? []).map(joinedTo(organizationId));
  return sql.join(
    [inOrganization(encode(organizationId)), compileFilter(Project, filter.own ?? {}, 'p'), ...joined],
    sql` and `,
  );
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

function joinedOne(edge: EdgeDefinition, end: VertexDefinition): Sql {
  return sql`(select ${named('t')} from ${joinOf(edge, end)})`;
}

function joinedMany(edge: EdgeDefinition, end: VertexDefinition, item: Sql, order: Sql): Sql {
  return sql`(select ${jsonList(item, order)} from ${joinOf(edge, end)})`;
}

function joinOf(edge: EdgeDefinition, end: VertexDefinition): Sql {
  return sql`${tableOf(edge)} e join ${tableOf(end)} t on ${equal(sql.ref('t.id'), sql.ref('e.end_id'))}
    where ${equal(sql.ref('e.start_id'), sql.ref('p.id'))}`;
}

function named(alias: string): Sql {
  return jsonObject({ slug: col(Tag, 'slug', alias), name: col(Tag, 'name', alias) });
}

function deployment(): Sql {
  return jsonObject({
    slug: col(Environment, 'slug', 't'),
    name: col(Environment, 'name', 't'),
    attributes: col(DeployedIn, 'attributes', 'e'),
    machine: col(DeployedIn, 'machine', 'e'),
  });
}

function toRow(raw: RawProjectRow): ProjectRow {
  return {
    properties: decodeMap(raw.properties),
    team: raw.team === null ? undefined : toNamed(JSON.parse(raw.team)),
    projectTypes: list(raw.project_types).map(toNamed),
    environments: list(raw.environments).map((one) => ({
      ...toNamed(one),
      attributes: objectOrNull(one['attributes']),
      machine: objectOrNull(one['machine']),
    })),
    tags: list(raw.tags).map(toNamed),
  };
}

function list(text: string): JsonObject[] {
  const parsed: JsonValue = JSON.parse(text);
  return Array.isArray(parsed) ? parsed.filter(isJsonObject) : [];
}

function toNamed(value: JsonObject): Named {
  return { slug: String(value['slug']), name: String(value['name']) };
}

function objectOrNull(value: JsonValue | undefined): JsonObject | null {
  return isJsonObject(value) ? value : null;
}
