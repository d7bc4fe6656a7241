import { randomUUID } from 'node:crypto';
import {
  type Client,
  createOrganization,
  getOrganization,
  items,
  listProjectDependencies,
  listProjects,
  NotFoundError,
  ProblemError,
  type Project,
  type ProjectBatchItem,
  putProjectDependency,
  writeProjects,
} from '#sdk';
import { forEachConcurrently } from './concurrently.js';
import type { ImportPlan, PlannedEntity, PlannedProject } from './import-plan.js';
import type { ImportProgress } from './import-progress.js';
import { ImportTally, type Kind } from './import-tally.js';
import { differs, type NamedRoutes, namedRoutes } from './named-entities.js';
import { chunked, isAsPlanned, projectDocument } from './project-document.js';

const CHUNK = { count: 500, bytes: 4 * 1024 * 1024 };
// As many values as a filter takes.
const LOOK_UP = 100;
const CONCURRENCY = 4;

export interface ImportOptions {
  readonly client: Client;
  readonly progress: ImportProgress;
  readonly dryRun: boolean;
}

/**
 * Brings the catalogue to what a plan says, writing only what differs; so it may be run again at any time, also after
 * it broke off. What the server refuses is tallied, and the rest goes on; anything else that goes wrong is thrown.
 */
export async function runImport(plan: ImportPlan, options: ImportOptions): Promise<ImportTally> {
  const run = new ImportRun(plan, options);
  await run.all();
  return run.tally;
}

class ImportRun {
  readonly tally = new ImportTally();
  private readonly org: string;
  /** Ids of the projects that are there, by slug. */
  private readonly ids = new Map<string, string>();
  private readonly createdNow = new Set<string>();
  private isNew = false;

  constructor(
    private readonly plan: ImportPlan,
    private readonly options: ImportOptions,
  ) {
    this.org = plan.organization.slug;
  }

  async all(): Promise<void> {
    const { plan, options } = this;
    const { progress } = options;
    try {
      progress.stage('organization', 0);
      await this.organization();
      const routes = namedRoutes(options.client, this.org);
      await this.named('teams', plan.teams, routes.teams);
      await this.named('project types', plan.projectTypes, routes.projectTypes);
      await this.named('link definitions', plan.linkDefinitions, routes.linkDefinitions);
      await this.named('tags', plan.tags, routes.tags);
      await this.projects();
      await this.dependencies();
    } finally {
      progress.finish();
    }
  }

  private async organization(): Promise<void> {
    const { client, dryRun } = this.options;
    try {
      await getOrganization({ client, path: { org: this.org }, throwOnError: true });
      this.tally.count('organization', 'unchanged');
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      if (!dryRun) await createOrganization({ client, body: this.plan.organization, throwOnError: true });
      this.isNew = true;
      this.tally.count('organization', 'created');
    }
  }

  private async named<Planned extends PlannedEntity>(
    kind: Kind,
    planned: readonly Planned[],
    routes: NamedRoutes<Planned>,
  ): Promise<void> {
    if (planned.length === 0) return;
    this.options.progress.stage(kind, planned.length);
    const existing = new Map<string, Parameters<typeof differs>[1]>();
    if (!this.isNew) for await (const one of items((cursor) => routes.list(cursor))) existing.set(one.slug, one);
    for (const one of planned) {
      const there = existing.get(one.slug);
      if (there && !differs(one, there)) this.tally.count(kind, 'unchanged');
      else
        await this.write(kind, one.slug, there ? 'updated' : 'created', () =>
          there ? routes.update(one) : routes.create(one),
        );
      this.options.progress.advance();
    }
  }

  private async projects(): Promise<void> {
    const { projects } = this.plan;
    const existing = await this.findProjects();
    this.options.progress.stage('projects', projects.length);
    const toWrite: { planned: PlannedProject; existing?: Project }[] = [];
    for (const planned of projects) {
      const there = existing.get(planned.slug);
      if (there) this.ids.set(planned.slug, there.id);
      if (!there || !isAsPlanned(planned, there)) toWrite.push({ planned, existing: there });
    }
    this.tally.count('projects', 'unchanged', projects.length - toWrite.length);
    this.options.progress.advance(projects.length - toWrite.length);
    if (this.options.dryRun) {
      for (const { existing: there } of toWrite) this.tally.count('projects', there ? 'updated' : 'created');
      this.options.progress.advance(toWrite.length);
      return;
    }
    const documents = toWrite.map(({ planned, existing: there }) => ({
      planned,
      body: projectDocument(planned, there),
    }));
    for (const chunk of chunked(documents, CHUNK)) {
      // With a key, because a batch whose answer was lost is sent again.
      const { data } = await writeProjects({
        client: this.options.client,
        path: { org: this.org },
        query: { mode: 'upsert' },
        headers: { 'Idempotency-Key': randomUUID() },
        body: { items: chunk.map(({ body }) => ({ ...body })) },
        throwOnError: true,
      });
      for (const result of data.items) this.projectWritten(chunk[result.index]?.planned, result);
      this.options.progress.advance(chunk.length);
    }
  }

  private async findProjects(): Promise<Map<string, Project>> {
    const found = new Map<string, Project>();
    if (this.isNew) return found;
    const { client, progress } = this.options;
    progress.stage('projects that are there', this.plan.projects.length);
    for (const chunk of chunked(this.plan.projects, { count: LOOK_UP, bytes: Number.POSITIVE_INFINITY })) {
      const wanted = { in: chunk.map(({ slug }) => slug).join(',') };
      const page = (cursor: string | undefined) =>
        listProjects({
          client,
          path: { org: this.org },
          query: { cursor, limit: LOOK_UP, sort: 'slug', 'filter[slug]': wanted },
          throwOnError: true,
        });
      for await (const project of items(page)) found.set(project.slug, project);
      progress.advance(chunk.length);
    }
    return found;
  }

  private projectWritten(planned: PlannedProject | undefined, result: ProjectBatchItem): void {
    if (!planned) return;
    const { slug, source } = planned;
    if (result.id !== undefined) this.ids.set(slug, result.id);
    if (result.status === 'created') this.createdNow.add(slug);
    if (result.status !== 'failed') {
      this.tally.count('projects', result.status);
      return;
    }
    const faults = (result.errors ?? []).map(({ pointer, message }) => `${pointer || '(project)'} ${message}`);
    this.tally.fail({ kind: 'projects', slug, source, reason: [result.detail ?? result.code, ...faults].join(' ') });
  }

  private async dependencies(): Promise<void> {
    const dependent = this.plan.projects.filter(({ depends_on }) => depends_on.length > 0);
    if (dependent.length === 0) return;
    this.options.progress.stage('dependencies', dependent.length);
    await forEachConcurrently(dependent, CONCURRENCY, async (project) => {
      await this.dependenciesOf(project);
      this.options.progress.advance();
    });
  }

  private async dependenciesOf(project: PlannedProject): Promise<void> {
    const { client } = this.options;
    const id = this.ids.get(project.slug);
    const present = await this.presentDependencies(project, id);
    for (const slug of project.depends_on) {
      const dependency = this.ids.get(slug);
      if (present.has(slug)) this.tally.count('dependencies', 'unchanged');
      else if (this.options.dryRun) this.tally.count('dependencies', 'created');
      else if (id === undefined || dependency === undefined) {
        const reason = `${id === undefined ? project.slug : slug} is not in the catalogue.`;
        this.tally.fail({ kind: 'dependencies', slug: `${project.slug}→${slug}`, source: project.source, reason });
      } else {
        await this.write('dependencies', `${project.slug}→${slug}`, 'created', () =>
          putProjectDependency({ client, path: { org: this.org, id, dependency }, body: {}, throwOnError: true }),
        );
      }
    }
  }

  private async presentDependencies({ slug }: PlannedProject, id: string | undefined): Promise<Set<string>> {
    const present = new Set<string>();
    if (id === undefined || this.createdNow.has(slug)) return present;
    const { client } = this.options;
    const page = (cursor: string | undefined) =>
      listProjectDependencies({
        client,
        path: { org: this.org, id },
        query: { cursor, limit: 200 },
        throwOnError: true,
      });
    for await (const dependency of items(page)) present.add(dependency.slug);
    return present;
  }

  private async write(
    kind: Kind,
    slug: string,
    outcome: 'created' | 'updated',
    work: () => Promise<unknown>,
  ): Promise<void> {
    try {
      if (!this.options.dryRun) await work();
      this.tally.count(kind, outcome);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.tally.fail({ kind, slug, reason: error.message.replace(/\n\s*/g, ' ') });
    }
  }
}

// Of this one thing; without permission, or without a server, nothing else would go in either.
function isRefusal(error: unknown): error is ProblemError {
  return error instanceof ProblemError && [400, 404, 409, 412, 413, 422].includes(error.status);
}
