import { sql } from 'kysely';
import {
  anyOf,
  col,
  decodeAgtype,
  encode,
  encodeList,
  equal,
  FixedStatement,
  jsonList,
  type Order,
  out,
  type Sql,
  tableOf,
} from '#libs/graph';
import { DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT } from '#libs/http';
import { Project } from '../model/project.vertex.js';
import type { StatementRunner } from '../shared/statement-runner.js';
import { condition, inOrganization, type ProjectFilter } from './project-condition.read-model.js';
import { bestMatches, INSTANT, type ProjectPageRequest, pageOf, RELEVANCE } from './project-page.read-model.js';
import { type RawProjects, RELATIONS, type RelatedProject, toProjects } from './project-relations.read-model.js';

/** A project with everything its default representation shows. */
export interface ProjectRow extends RelatedProject {
  /** How good a match it is, in a page that is ordered by that. */
  readonly relevance?: number;
}

/** What single projects are found by. */
export interface ProjectKey {
  readonly organizationId: string;
  readonly id: string;
}

/** A page as one row. */
interface RawPage extends RawProjects {
  /** A JSON list, in the order of the page. */
  readonly relevances?: string;
}

// The usual page and the largest one, each with the row that tells whether there are more.
const COMMON_LIMITS: readonly number[] = [DEFAULT_PAGE_LIMIT + 1, MAX_PAGE_LIMIT + 1];

/** Projects as screens show them: one statement for one project or for a page, whatever they are joined to. */
export class ProjectReadModel {
  constructor(private readonly statements: StatementRunner) {}

  async findById(organizationId: string, id: string): Promise<ProjectRow | undefined> {
    return (await this.findEach([{ organizationId, id }]))[0];
  }

  /** A row or nothing for each key, in their order; a key may come twice, and each is of an organization of its own. */
  async findEach(keys: readonly ProjectKey[]): Promise<(ProjectRow | undefined)[]> {
    const texts = keys.map(toText);
    const distinct = keys.filter((_key, index) => texts.indexOf(texts[index] ?? '') === index);
    const statement = BY_KEYS.with({
      organizationIds: distinct.map((key) => key.organizationId),
      ids: distinct.map((key) => key.id),
    });
    const found = new Map<string, ProjectRow>();
    for (const row of toRows(await this.statements.run(statement))) {
      const { organization_id, id } = row.properties;
      found.set(toText({ organizationId: String(organization_id), id: String(id) }), row);
    }
    return texts.map((text) => found.get(text));
  }

  async findBySlug(organizationId: string, slug: string): Promise<ProjectRow | undefined> {
    return toRows(await this.statements.run(BY_SLUG.with({ organizationId, slug })))[0];
  }

  /** By slug; slugs that no project has are not in the map. */
  async findBySlugs(organizationId: string, slugs: readonly string[]): Promise<ReadonlyMap<string, ProjectRow>> {
    if (slugs.length === 0) return new Map();
    const named = anyOf(col(Project, 'slug', 'p'), encodeList(slugs));
    const found = sql`select p.id, p.properties from ${tableOf(Project)} p
      where ${inOrganization(encode(organizationId))} and ${named}`;
    const rows = toRows(await this.statements.run(withRelations(found)));
    return new Map(rows.map((row) => [String(row.properties['slug']), row]));
  }

  async page(organizationId: string, filter: ProjectFilter, request: ProjectPageRequest): Promise<ProjectRow[]> {
    if (filter.terms && isByRelevance(request)) return this.bestMatches(organizationId, filter, filter.terms, request);
    // Filters make ever new texts, and so would page sizes and attributes: only the list as it is opened is kept prepared.
    const isPlain = !filter.own && !filter.joined?.length && !filter.terms;
    const fixed = isPlain && COMMON_LIMITS.includes(request.limit) && request.order.every(isByProperty);
    if (fixed && !request.after) {
      return toRows(await this.statements.run(firstPage(request).with({ organizationId })));
    }
    const page = pageOf(condition(organizationId, filter), request, fixed);
    return toRows(await this.statements.run(withRelations(page), { fixed }));
  }

  // No index has the order of relevance: each match is rated, of one page after another too.
  private async bestMatches(
    organizationId: string,
    filter: ProjectFilter,
    terms: readonly string[],
    request: ProjectPageRequest,
  ): Promise<ProjectRow[]> {
    const where = condition(organizationId, { ...filter, terms: undefined });
    return toRows(await this.statements.run(withRelevance(bestMatches(where, terms, request))));
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

const BY_KEYS = new FixedStatement<RawPage, 'organizationIds' | 'ids'>((_value, list) =>
  withRelations(sql`select p.id, p.properties
    from unnest(${list('organizationIds')}, ${list('ids')}) as asked (organization_id, id)
    join ${tableOf(Project)} p on ${equal(col(Project, 'id', 'p'), sql.ref('asked.id'))}
      and ${inOrganization(sql.ref('asked.organization_id'))}`),
);

const BY_SLUG = new FixedStatement<RawPage, 'organizationId' | 'slug'>((value) =>
  withRelations(sql`select p.id, p.properties from ${tableOf(Project)} p
    where ${inOrganization(value('organizationId'))} and ${equal(col(Project, 'slug', 'p'), value('slug'))}`),
);

// The list as it is opened, by its order and length.
const firstPages = new Map<string, FixedStatement<RawPage, 'organizationId'>>();

function firstPage(request: ProjectPageRequest): FixedStatement<RawPage, 'organizationId'> {
  const key = `${request.limit} ${request.order.flat(2).join(' ')}`;
  let statement = firstPages.get(key);
  if (!statement) {
    statement = new FixedStatement((value) =>
      withRelations(pageOf(inOrganization(value('organizationId')), request, true)),
    );
    firstPages.set(key, statement);
  }
  return statement;
}

/** Projects with what they are joined to, in the order given. */
function withRelations(projects: Sql): Sql<RawPage> {
  return sql<RawPage>`
    with page as materialized (
      select p.id, p.properties, row_number() over () as position from (${projects}) p
    )
    select ${RELATIONS}`;
}

function withRelevance(projects: Sql): Sql<RawPage> {
  return sql<RawPage>`
    with page as materialized (
      select p.id, p.properties, p.relevance, row_number() over () as position from (${projects}) p
    )
    select ${RELATIONS},
      (select ${jsonList(out(sql.ref('page.relevance')), sql.ref('page.position'))} from page) as relevances`;
}

/** Whether a sort key is one of the few properties that every project has. */
function isByProperty([name]: Order<typeof Project>[number]): boolean {
  return (typeof name === 'string' || name.length === 1) && !String(name).startsWith(INSTANT);
}

function isByRelevance({ order }: ProjectPageRequest): boolean {
  return order.some(([name]) => (typeof name === 'string' ? name : name[0]) === RELEVANCE);
}

function toText({ organizationId, id }: ProjectKey): string {
  return `${organizationId} ${id}`;
}

function toRows([page]: readonly RawPage[]): ProjectRow[] {
  if (!page) return [];
  const projects = toProjects(page);
  if (page.relevances === undefined) return projects;
  const relevances = decodeAgtype(page.relevances);
  return projects.map((project, index) => ({
    ...project,
    relevance: Array.isArray(relevances) ? Number(relevances[index]) : undefined,
  }));
}
