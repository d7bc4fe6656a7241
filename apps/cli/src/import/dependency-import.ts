import { items, listProjectDependencies, putProjectDependency } from '#sdk';
import { forEachConcurrently } from './concurrently.js';
import { type ImportContext, write } from './import-context.js';
import type { PlannedProject } from './import-plan.js';
import type { ImportedProjects } from './project-import.js';

const CONCURRENCY = 4;
const PAGE = 200;

/** Adds the dependencies that are missing; those that the plan does not name stay. */
export async function importDependencies(context: ImportContext, projects: ImportedProjects): Promise<void> {
  const dependent = context.plan.projects.filter(({ depends_on: on }) => on.length > 0);
  if (dependent.length === 0) return;
  context.progress.stage('dependencies', dependent.length);
  await forEachConcurrently(dependent, CONCURRENCY, async (project) => {
    await importOne(context, projects, project);
    context.progress.advance();
  });
}

async function importOne(context: ImportContext, projects: ImportedProjects, project: PlannedProject): Promise<void> {
  const { client, tally, dryRun } = context;
  const { slug, source, depends_on: wanted } = project;
  const org = context.plan.organization.slug;
  const id = projects.ids.get(slug);
  const present = id === undefined || projects.created.has(slug) ? new Set() : await presentOf(context, id);
  for (const on of wanted) {
    const dependency = projects.ids.get(on);
    const edge = `${slug}→${on}`;
    if (present.has(on)) tally.count('dependencies', 'unchanged');
    else if (dryRun) tally.count('dependencies', 'created');
    else if (id === undefined || dependency === undefined) {
      const reason = `${id === undefined ? slug : on} is not in the catalogue.`;
      tally.fail({ kind: 'dependencies', slug: edge, source, reason });
    } else {
      await write(context, { kind: 'dependencies', slug: edge, outcome: 'created', source }, () =>
        putProjectDependency({ client, path: { org, id, dependency }, body: {}, throwOnError: true }),
      );
    }
  }
}

async function presentOf({ client, plan }: ImportContext, id: string): Promise<Set<string>> {
  const present = new Set<string>();
  const path = { org: plan.organization.slug, id };
  const page = (cursor: string | undefined) =>
    listProjectDependencies({ client, path, query: { cursor, limit: PAGE }, throwOnError: true });
  for await (const { slug } of items(page)) present.add(slug);
  return present;
}
