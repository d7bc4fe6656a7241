import { type Client, createOrganization, getOrganization, items, NotFoundError } from '#sdk';
import { importBlueprints } from './blueprint-import.js';
import { importDependencies } from './dependency-import.js';
import { type ImportContext, write } from './import-context.js';
import type { ImportPlan, PlannedEntity } from './import-plan.js';
import type { ImportProgress } from './import-progress.js';
import { ImportTally, type Kind } from './import-tally.js';
import { differs, type Existing, type NamedRoutes, namedRoutes } from './named-entities.js';
import { importProjects } from './project-import.js';

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
  const context: ImportContext = { ...options, plan, tally: new ImportTally() };
  const routes = namedRoutes(options.client, plan.organization.slug);
  try {
    const isNew = await importOrganization(context);
    const named = <Planned extends PlannedEntity>(kind: Kind, all: readonly Planned[], of: NamedRoutes<Planned>) =>
      importNamed(context, { kind, planned: all, routes: of, isNew });
    await named('teams', plan.teams, routes.teams);
    await named('project types', plan.projectTypes, routes.projectTypes);
    await named('link definitions', plan.linkDefinitions, routes.linkDefinitions);
    await named('tags', plan.tags, routes.tags);
    await importBlueprints(context, isNew);
    await importDependencies(context, await importProjects(context, isNew));
  } finally {
    options.progress.finish();
  }
  return context.tally;
}

/** Whether the organization was not there, so that nothing in it can be. */
async function importOrganization({ client, plan, tally, dryRun }: ImportContext): Promise<boolean> {
  const { slug } = plan.organization;
  try {
    await getOrganization({ client, path: { org: slug }, throwOnError: true });
    tally.count('organization', 'unchanged');
    return false;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    if (!dryRun) await createOrganization({ client, body: plan.organization, throwOnError: true });
    tally.count('organization', 'created');
    return true;
  }
}

interface Named<Planned> {
  readonly kind: Kind;
  readonly planned: readonly Planned[];
  readonly routes: NamedRoutes<Planned>;
  readonly isNew: boolean;
}

async function importNamed<Planned extends PlannedEntity>(
  context: ImportContext,
  { kind, planned, routes, isNew }: Named<Planned>,
): Promise<void> {
  if (planned.length === 0) return;
  context.progress.stage(kind, planned.length);
  const existing = new Map<string, Existing>();
  if (!isNew) for await (const one of items((cursor) => routes.list(cursor))) existing.set(one.slug, one);
  for (const one of planned) {
    const there = existing.get(one.slug);
    if (there && !differs(one, there)) context.tally.count(kind, 'unchanged');
    else {
      const outcome = there ? 'updated' : 'created';
      await write(context, { kind, slug: one.slug, outcome }, () => (there ? routes.update(one) : routes.create(one)));
    }
    context.progress.advance();
  }
}
