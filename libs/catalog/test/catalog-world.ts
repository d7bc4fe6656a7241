import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type DomainError, type FieldError, isDomainError, type JsonValue } from '#libs/common';
import { Database, type Migration, systemMigrations } from '#libs/database';
import { type Definition, Graph, GraphModel } from '#libs/graph';
import { deriveHttpKeys, type Page, PageQueryDto, Pages, type PatchDocument } from '#libs/http';
import { testDatabase } from '#test/database';
import { BlueprintPreviews } from '../src/blueprint/blueprint-preview.service.js';
import { BlueprintPurges } from '../src/blueprint/blueprint-purges.service.js';
import { BlueprintSchemas } from '../src/blueprint/blueprint-schemas.js';
import { BlueprintsService } from '../src/blueprint/blueprints.service.js';
import { DependenciesService } from '../src/dependency/dependencies.service.js';
import { EnvironmentsService } from '../src/environment/environments.service.js';
import { LinkDefinitionsService } from '../src/link-definition/link-definitions.service.js';
import { catalogMigrations } from '../src/model/catalog.migration.js';
import { catalogDefinitions } from '../src/model/catalog.model.js';
import { OrganizationDeletions } from '../src/organization/organization-deletions.service.js';
import { OrganizationsService } from '../src/organization/organizations.service.js';
import type { ProjectResponseDto, ProjectWriteDto } from '../src/project/project.dto.js';
import { ProjectBatchService } from '../src/project/project-batch.service.js';
import { ProjectEnvironmentsService } from '../src/project/project-environments.service.js';
import { ProjectFacetsService } from '../src/project/project-facets.service.js';
import { ProjectsService } from '../src/project/projects.service.js';
import { ProjectTypesService } from '../src/project-type/project-types.service.js';
import type { OrganizationScope } from '../src/shared/organization-scope.js';
import { TagsService } from '../src/tag/tags.service.js';
import { TeamsService } from '../src/team/teams.service.js';

/** The catalogue's services on a database of one spec file. */
export interface CatalogWorld {
  readonly db: Database;
  readonly graph: Graph;
  readonly pages: Pages;
  readonly organizations: OrganizationsService;
  readonly deletions: OrganizationDeletions;
  readonly teams: TeamsService;
  readonly types: ProjectTypesService;
  readonly environments: EnvironmentsService;
  readonly links: LinkDefinitionsService;
  readonly tags: TagsService;
  readonly projects: ProjectsService;
  readonly facets: ProjectFacetsService;
  readonly batch: ProjectBatchService;
  readonly deployments: ProjectEnvironmentsService;
  readonly dependencies: DependenciesService;
  readonly blueprints: BlueprintsService;
  readonly previews: BlueprintPreviews;
  readonly purges: BlueprintPurges;
  readonly schemas: BlueprintSchemas;
  /** A new organization with nothing in it. */
  organization(): Promise<OrganizationScope>;
  /** A new organization with teams, types, environments, links and tags called `a`, `b` and `c`. */
  furnished(): Promise<OrganizationScope>;
  project(scope: OrganizationScope, slug: string, more?: Partial<ProjectWriteDto>): Promise<ProjectResponseDto>;
  /** The names of the events that await delivery, oldest first; they are taken away. */
  takeEvents(): Promise<{ name: string; payload: Record<string, unknown> }[]>;
  /** Breaks every connection to the database, as the death of its server or of this process would. */
  cutConnections(): Promise<void>;
  /** The same database over connections of its own, as another process has it; on a server only. */
  another(): { graph: Graph; close(): Promise<void> };
  /** What is wrong with how the catalogue hangs together; empty when nothing is. */
  faults(): Promise<string[]>;
  close(): Promise<void>;
}

/** Labels beside the catalogue's, as another feature or a plugin brings them. */
export interface MoreLabels {
  readonly definitions: readonly Definition[];
  readonly migrations: readonly Migration[];
}

export async function catalogWorld(more?: MoreLabels): Promise<CatalogWorld> {
  const migrations = [...systemMigrations, ...catalogMigrations, ...(more?.migrations ?? [])];
  const { db, databaseConfig, engine, close } = await testDatabase({ migrations });
  const model = new GraphModel([...catalogDefinitions, ...(more?.definitions ?? [])]);
  const graph = new Graph(db, model);
  const pages = new Pages(deriveHttpKeys(randomBytes(32)));
  const deletions = new OrganizationDeletions(graph);
  const schemas = new BlueprintSchemas(graph);
  const services = {
    organizations: new OrganizationsService(graph, pages, deletions, schemas),
    deletions,
    teams: new TeamsService(graph, pages, schemas),
    types: new ProjectTypesService(graph, pages, schemas),
    environments: new EnvironmentsService(graph, pages, schemas),
    links: new LinkDefinitionsService(graph, pages),
    tags: new TagsService(graph, pages),
    projects: new ProjectsService(graph, pages, schemas),
    blueprints: new BlueprintsService(graph, pages, new BlueprintPurges(graph), { record: () => undefined }),
    previews: new BlueprintPreviews(graph, schemas),
    purges: new BlueprintPurges(graph),
    schemas,
    facets: new ProjectFacetsService(graph, schemas),
    batch: new ProjectBatchService(graph, schemas),
    deployments: new ProjectEnvironmentsService(graph, schemas),
    dependencies: new DependenciesService(graph, pages, schemas),
  };
  const organization = async () => {
    const { id, slug } = await services.organizations.create({ slug: uniqueSlug(), name: 'Acme' });
    return { id, slug };
  };
  const furnished = async () => {
    const scope = await organization();
    for (const slug of ['a', 'b', 'c']) {
      await services.teams.create(scope, { slug, name: `Team ${slug}` });
      await services.types.create(scope, { slug, name: `Type ${slug}` });
      await services.environments.create(scope, { slug, name: `Environment ${slug}` });
      await services.links.create(scope, { slug, name: `Link ${slug}`, url_template: '{url}' });
      await services.tags.create(scope, { slug, name: `Tag ${slug}` });
    }
    return scope;
  };
  return {
    db,
    graph,
    pages,
    ...services,
    organization,
    furnished,
    project: (scope, slug, more) => services.projects.create(scope, projectWrite(slug, more)),
    takeEvents: async () => {
      const { rows } = await db.pool.query(
        `with taken as (delete from imbi_system.outbox where topic = 'event' returning seq, name, payload -> 'data' as payload)
         select name, payload from taken order by seq`,
      );
      return rows;
    },
    cutConnections: async () => {
      if (engine?.pid !== undefined) process.kill(engine.pid, 'SIGKILL');
      else
        await db.pool.query(
          'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
        );
    },
    another: () => {
      const other = new Database(databaseConfig);
      return { graph: new Graph(other, model), close: () => other.end() };
    },
    faults: () => faults(db),
    close,
  };
}

export function projectWrite(slug: string, more: Partial<ProjectWriteDto> = {}): ProjectWriteDto {
  return { slug, name: slug, team: 'a', project_types: ['a'], ...more };
}

export function uniqueSlug(prefix = 'x'): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`;
}

export function query(more: Partial<PageQueryDto> = {}): PageQueryDto {
  return Object.assign(new PageQueryDto(), more);
}

export function mergePatch(body: JsonValue): PatchDocument {
  return { type: 'application/merge-patch+json', body };
}

export function jsonPatch(body: JsonValue): PatchDocument {
  return { type: 'application/json-patch+json', body };
}

/** Every item of a list, page by page. */
export async function walk<Item>(list: (query: PageQueryDto) => Promise<Page<Item>>, limit: number): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(query({ limit, cursor }));
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

/** The domain error a call ends with. */
export async function failure(call: Promise<unknown>): Promise<DomainError> {
  try {
    await call;
  } catch (error) {
    if (isDomainError(error)) return error;
    throw error;
  }
  throw new Error('the call did not fail');
}

/** As {@link failure}, for calls that run at the same time. */
export async function failures(...calls: Promise<unknown>[]): Promise<DomainError[]> {
  return Promise.all(calls.map(failure));
}

export function pointers(error: DomainError): string[] {
  return (error.errors ?? []).map(({ pointer }: FieldError) => pointer);
}

/** The statements that `work` sends to the database, without those that open and close transactions. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const { prototype } = pg.Client;
  const { query: original } = prototype;
  const texts: string[] = [];
  function spy(this: pg.Client, ...args: unknown[]): unknown {
    const [first] = args;
    const text = typeof first === 'string' ? first : String(Object(first).text);
    if (!/^(begin|commit|rollback|start transaction)/i.test(text.trim())) texts.push(text);
    return Reflect.apply(original, this, args);
  }
  Object.assign(prototype, { query: spy });
  try {
    await work();
  } finally {
    Object.assign(prototype, { query: original });
  }
  return texts;
}

// Straight from the tables, so that it holds against the graph library as much as against the catalogue.
async function faults(db: Database): Promise<string[]> {
  const value = (alias: string, name: string) =>
    `(ag_catalog.agtype_access_operator(${alias}.properties, '"${name}"'::ag_catalog.agtype))::text`;
  const { rows } = await db.pool.query(`
    with vertex as (
      select v.id, c.relname::text as label, ${value('v', 'id')} as key, ${value('v', 'organization_id')} as owner,
        ${value('v', 'slug')} as slug
      from imbi."_ag_label_vertex" v join pg_catalog.pg_class c on c.oid = v.tableoid
    ), edge as (
      select e.start_id, e.end_id, c.relname::text as label
      from imbi."_ag_label_edge" e join pg_catalog.pg_class c on c.oid = e.tableoid
    ), belongs as (
      select e.start_id, o.key as owner
      from edge e join vertex o on o.id operator(ag_catalog.=) e.end_id where e.label = 'BELONGS_TO'
    )
    select 'belongs elsewhere: ' || v.label || ' ' || v.key as fault
    from vertex v left join belongs b on b.start_id operator(ag_catalog.=) v.id
    where v.label <> 'Organization' and v.owner is distinct from b.owner
    union all
    select 'dangling edge: ' || e.label from edge e
    where not exists (select from vertex v where v.id operator(ag_catalog.=) e.start_id)
       or not exists (select from vertex v where v.id operator(ag_catalog.=) e.end_id)
    union all
    select 'edge between organizations: ' || e.label
    from edge e
    join vertex f on f.id operator(ag_catalog.=) e.start_id join vertex t on t.id operator(ag_catalog.=) e.end_id
    where t.label <> 'Organization' and f.owner is distinct from t.owner
    union all
    select 'project without ' || needed.label || ': ' || p.slug
    from vertex p cross join (values ('OWNED_BY'), ('TYPE')) needed (label)
    where p.label = 'Project' and not exists (
      select from edge e where e.start_id operator(ag_catalog.=) p.id and e.label = needed.label
    )`);
  return rows.map(({ fault }) => fault);
}
