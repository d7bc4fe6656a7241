import { Organization, ProjectType } from '#libs/catalog';
import { type FieldError, invalid } from '#libs/common';
import type { GraphReader, GraphTransaction } from '#libs/graph';
import { ScoringPolicy, Targets } from '../model/scoring-policy.vertex.js';
import { type PolicyTarget, sortTargets } from './policies.read-model.js';
import type { PolicyScope } from './policy-scope.js';

/**
 * The project types that a policy names; undefined where it names none, and so is for all.
 * @throws DomainError `validation_failed` with a pointer to each that is not there
 */
export async function resolveTargets(
  reader: GraphReader,
  scope: PolicyScope,
  names: readonly string[] | null | undefined,
): Promise<PolicyTarget[] | undefined> {
  if (!names) return undefined;
  const places = names.map((name) => placeOf(name, scope));
  const organizations = await organizationIds(reader, scope, places);
  const found: PolicyTarget[] = [];
  const faults: FieldError[] = [];
  for (const [index, place] of places.entries()) {
    const organizationId = place && organizations.get(place.organization);
    const type = place && organizationId && (await findType(reader, organizationId, place.slug));
    if (type && place) found.push({ id: type.id, ...place });
    else {
      const form = scope.organizationId === null ? ' (written organization/type)' : ' in this organization';
      const message = `There is no project type "${names[index]}"${form}.`;
      faults.push({ pointer: `/project_types/${index}`, code: 'unknown_reference', message });
    }
  }
  if (faults.length > 0) throw invalid(faults);
  return sortTargets([...new Map(found.map((target) => [target.id, target])).values()]);
}

/**
 * Takes a project type that is being deleted off the policies that are for it. One that is left without any is switched
 * off: it was never meant for every project.
 */
export async function releaseType(tx: GraphTransaction, typeId: string): Promise<void> {
  const edges = await tx.edgesOf(Targets, { to: typeId });
  for (const policyId of edges.map(({ from }) => from).sort()) {
    await tx.lock(ScoringPolicy, policyId);
    await tx.disconnect(Targets, { from: policyId, to: typeId });
    const left = await tx.countEdges(Targets, { from: policyId });
    await store(tx, policyId, left === 0);
  }
}

/** Switches off a policy of which other means than {@link releaseType} took the last target away. */
export async function switchOff(tx: GraphTransaction, policyId: string): Promise<void> {
  const policy = await tx.lock(ScoringPolicy, policyId);
  const left = await tx.countEdges(Targets, { from: policyId });
  if (policy?.targeted && policy.enabled && left === 0) await store(tx, policyId, true);
}

async function store(tx: GraphTransaction, policyId: string, off: boolean): Promise<void> {
  const result = await tx.patch(ScoringPolicy, policyId, { set: off ? { enabled: false } : {}, touch: true });
  if (!result) return;
  const { organization_id, id, slug } = result.after;
  tx.emit('scoring_policy.updated', { organization_id, id, slug });
}

interface Place {
  readonly organization: string;
  readonly slug: string;
}

/** `type` in an organization's policy, `organization/type` in one for all. */
function placeOf(name: string, scope: PolicyScope): Place | undefined {
  const [first = '', second] = name.split('/');
  if (scope.organizationId !== null) return second === undefined ? { organization: '', slug: first } : undefined;
  return second === undefined ? undefined : { organization: first, slug: second };
}

async function organizationIds(
  reader: GraphReader,
  scope: PolicyScope,
  places: readonly (Place | undefined)[],
): Promise<ReadonlyMap<string, string>> {
  if (scope.organizationId !== null) return new Map([['', scope.organizationId]]);
  const slugs = [...new Set(places.flatMap((place) => place?.organization ?? []))];
  if (slugs.length === 0) return new Map();
  const { items } = await reader.list(Organization, { where: { slug: { in: slugs } }, limit: slugs.length });
  return new Map(items.map(({ id, slug }) => [slug, id]));
}

async function findType(reader: GraphReader, organizationId: string, slug: string) {
  return reader.find(ProjectType, { organization_id: organizationId, slug });
}
