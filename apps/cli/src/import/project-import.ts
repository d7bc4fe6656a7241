import { randomUUID } from 'node:crypto';
import { items, listProjects, type Project, type ProjectBatchItem, writeProjects } from '#sdk';
import type { ImportContext } from './import-context.js';
import type { PlannedProject } from './import-plan.js';
import { chunked, isAsPlanned, projectDocument } from './project-document.js';

const CHUNK = { count: 500, bytes: 4 * 1024 * 1024 };
// As many values as a filter takes.
const LOOK_UP = { count: 100, bytes: Number.POSITIVE_INFINITY };

export interface ImportedProjects {
  /** By slug, of every planned project that is in the catalogue. */
  readonly ids: ReadonlyMap<string, string>;
  /** Slugs of those that were not in it before. */
  readonly created: ReadonlySet<string>;
}

/** Writes the projects that are missing or not as planned, many in a call. */
export async function importProjects(context: ImportContext, organizationIsNew: boolean): Promise<ImportedProjects> {
  const existing = organizationIsNew ? new Map<string, Project>() : await findProjects(context);
  const run = new ProjectImport(context, existing);
  await run.all();
  return run;
}

class ProjectImport implements ImportedProjects {
  readonly ids = new Map<string, string>();
  readonly created = new Set<string>();

  constructor(
    private readonly context: ImportContext,
    private readonly existing: ReadonlyMap<string, Project>,
  ) {
    for (const { slug, id } of existing.values()) this.ids.set(slug, id);
  }

  async all(): Promise<void> {
    const { plan, progress, tally, dryRun } = this.context;
    progress.stage('projects', plan.projects.length);
    const wanting = plan.projects.filter((planned) => {
      const there = this.existing.get(planned.slug);
      return !there || !isAsPlanned(planned, there);
    });
    tally.count('projects', 'unchanged', plan.projects.length - wanting.length);
    progress.advance(plan.projects.length - wanting.length);
    const documents = wanting.map((planned) => ({
      planned,
      body: projectDocument(planned, this.existing.get(planned.slug)),
    }));
    for (const chunk of chunked(documents, CHUNK)) {
      if (dryRun)
        for (const { planned } of chunk) tally.count('projects', this.ids.has(planned.slug) ? 'updated' : 'created');
      else await this.writeAll(chunk);
      progress.advance(chunk.length);
    }
  }

  private async writeAll(
    chunk: { planned: PlannedProject; body: ReturnType<typeof projectDocument> }[],
  ): Promise<void> {
    const { client, plan } = this.context;
    // With a key, because a batch whose answer was lost is sent again.
    const { data } = await writeProjects({
      client,
      path: { org: plan.organization.slug },
      query: { mode: 'upsert' },
      headers: { 'Idempotency-Key': randomUUID() },
      body: { items: chunk.map(({ body }) => ({ ...body })) },
      throwOnError: true,
    });
    for (const result of data.items) this.note(chunk[result.index]?.planned, result);
  }

  private note(planned: PlannedProject | undefined, result: ProjectBatchItem): void {
    if (!planned) return;
    const { slug, source } = planned;
    if (result.id !== undefined) this.ids.set(slug, result.id);
    if (result.status === 'created') this.created.add(slug);
    if (result.status !== 'failed') {
      this.context.tally.count('projects', result.status);
      return;
    }
    const faults = (result.errors ?? []).map(({ pointer, message }) => `${pointer || '(project)'} ${message}`);
    const reason = [result.detail ?? result.code, ...faults].join(' ');
    this.context.tally.fail({ kind: 'projects', slug, source, reason });
  }
}

async function findProjects({ client, plan, progress }: ImportContext): Promise<Map<string, Project>> {
  const found = new Map<string, Project>();
  progress.stage('projects that are there', plan.projects.length);
  for (const chunk of chunked(plan.projects, LOOK_UP)) {
    const wanted = { in: chunk.map(({ slug }) => slug).join(',') };
    const page = (cursor: string | undefined) =>
      listProjects({
        client,
        path: { org: plan.organization.slug },
        query: { cursor, limit: LOOK_UP.count, sort: 'slug', 'filter[slug]': wanted },
        throwOnError: true,
      });
    for await (const project of items(page)) found.set(project.slug, project);
    progress.advance(chunk.length);
  }
  return found;
}
