import { isJsonObject, type JsonObject } from '#libs/common';
import { createOrganizationBlueprint, items, listOrganizationBlueprints, updateOrganizationBlueprint } from '#sdk';
import { type ImportContext, write } from './import-context.js';
import type { PlannedBlueprint } from './import-plan.js';

const PAGE = 200;
const MERGE_PATCH = 'application/merge-patch+json';

interface Existing {
  readonly id: string;
  readonly properties: JsonObject;
}

/** Declares the attributes that the plan's projects have. What people made of a declaration since stays as it is. */
export async function importBlueprints(context: ImportContext, organizationIsNew: boolean): Promise<void> {
  const { plan, progress, tally } = context;
  if (plan.blueprints.length === 0) return;
  progress.stage('blueprints', plan.blueprints.length);
  const existing = organizationIsNew ? new Map<string, Existing>() : await findBlueprints(context);
  for (const planned of plan.blueprints) {
    const there = existing.get(planned.slug);
    if (there) await complete(context, planned, there);
    else
      await write(context, { kind: 'blueprints', slug: planned.slug, outcome: 'created' }, () =>
        create(context, planned),
      );
    progress.advance();
  }
  // Without its declaration an attribute is refused, and with it every project that has one.
  if (tally.of('blueprints').failed > 0) for (const project of plan.projects) project.attributes = {};
}

async function complete(
  context: ImportContext,
  planned: PlannedBlueprint,
  { id, properties }: Existing,
): Promise<void> {
  const missing = Object.entries(planned.properties).filter(([name]) => !Object.hasOwn(properties, name));
  if (missing.length === 0) {
    context.tally.count('blueprints', 'unchanged');
    return;
  }
  await write(context, { kind: 'blueprints', slug: planned.slug, outcome: 'updated' }, () =>
    updateOrganizationBlueprint({
      client: context.client,
      path: { org: context.plan.organization.slug, id },
      headers: { 'Content-Type': MERGE_PATCH },
      body: { json_schema: { properties: Object.fromEntries(missing) } },
      throwOnError: true,
    }),
  );
}

function create({ client, plan }: ImportContext, { slug, name, description, properties }: PlannedBlueprint) {
  return createOrganizationBlueprint({
    client,
    path: { org: plan.organization.slug },
    body: { slug, name, description, kind: 'node', type: 'Project', json_schema: { type: 'object', properties } },
    throwOnError: true,
  });
}

async function findBlueprints({ client, plan }: ImportContext): Promise<ReadonlyMap<string, Existing>> {
  const found = new Map<string, Existing>();
  const page = (cursor: string | undefined) =>
    listOrganizationBlueprints({
      client,
      path: { org: plan.organization.slug },
      query: { cursor, limit: PAGE },
      throwOnError: true,
    });
  for await (const { id, slug, type, json_schema: schema } of items(page)) {
    const properties: unknown = schema['properties'];
    if (type === 'Project') found.set(slug, { id, properties: isJsonObject(properties) ? properties : {} });
  }
  return found;
}
