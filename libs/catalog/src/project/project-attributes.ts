import { type FieldError, type JsonObject, jsonPointer } from '#libs/common';
import {
  attributeErrors,
  decideAttributes,
  givenAttributes,
  type OnInvalid,
  sameAttributes,
  visibleAttributes,
} from '../blueprint/attribute-writes.js';
import type { BlueprintSet } from '../blueprint/blueprint-schemas.js';
import type { EffectiveSchema } from '../blueprint/effective-schema.js';
import type { ProjectWriteDto } from './project.dto.js';
import type { ProjectRow } from './project.read-model.js';

/** How strictly a write takes what blueprints say. */
export interface AttributeRules {
  readonly onInvalid?: OnInvalid;
  /** What a patch leaves as it is, under the schema that it had, is not checked again. */
  readonly isPatch?: boolean;
}

/** What a write stores of attributes, and why it must not. */
export interface ProjectDecision {
  readonly attributes: JsonObject;
  readonly faults: readonly FieldError[];
}

/** Checks a project and its deployments against the blueprints in force for what it will be. */
export function decideProject(
  set: BlueprintSet,
  organizationId: string,
  write: ProjectWriteDto,
  current: ProjectRow | undefined,
  rules: AttributeRules = {},
): ProjectDecision {
  const environments = Object.keys(write.environments ?? {});
  const after = set.forProject(organizationId, { types: write.project_types, environments });
  const before = current && projectSchema(set, current);
  const stored = current?.attributes ?? {};
  const given = givenAttributes(write.attributes);
  const edges = deploymentFaults(set, organizationId, write, current, rules);
  if (rules.isPatch && before === after && sameAttributes(given, visibleAttributes(after, stored))) {
    return { attributes: stored, faults: edges };
  }
  const { onInvalid } = rules;
  const decision = decideAttributes({ before, stored, after, given, onInvalid, pointer: '/attributes' });
  return { attributes: decision.attributes, faults: [...decision.faults, ...edges] };
}

/** The schema that a stored project has. */
export function projectSchema(set: BlueprintSet, row: ProjectRow): EffectiveSchema {
  return set.forProject(organizationOf(row), {
    types: typesOf(row),
    environments: row.environments.map(({ slug }) => slug),
  });
}

/** The schema that a stored deployment has. */
export function deploymentSchema(set: BlueprintSet, row: ProjectRow, environment: string): EffectiveSchema {
  return set.forEdge('DEPLOYED_IN', organizationOf(row), { types: typesOf(row), environment });
}

/** What a stored project shows of its attributes, and what of it and its deployments does not fit. */
export function projectExtension(set: BlueprintSet, row: ProjectRow) {
  const environments = row.environments.map(({ slug }) => slug);
  const { own, deployments } = set.ofProject(organizationOf(row), typesOf(row), environments);
  const attributes = visibleAttributes(own, row.attributes);
  const attribute_errors = attributeErrors(own, attributes);
  for (const [index, { slug, attributes: properties }] of row.environments.entries()) {
    const schema = deployments[index];
    if (!schema) continue;
    attribute_errors.push(...attributeErrors(schema, properties ?? {}, ['environments', slug], OPEN));
  }
  return { attributes, attribute_errors };
}

export const OPEN = { open: true };

function deploymentFaults(
  set: BlueprintSet,
  organizationId: string,
  write: ProjectWriteDto,
  current: ProjectRow | undefined,
  { onInvalid, isPatch }: AttributeRules,
): FieldError[] {
  return Object.entries(write.environments ?? {}).flatMap(([slug, properties]) => {
    const pointer = jsonPointer('environments', slug);
    const after = set.forEdge('DEPLOYED_IN', organizationId, { types: write.project_types, environment: slug });
    const deployment = current?.environments.find((one) => one.slug === slug);
    const before = current && deployment && deploymentSchema(set, current, slug);
    const stored = deployment?.attributes ?? {};
    const given = givenAttributes(properties, pointer);
    if (isPatch && before === after && sameAttributes(given, stored)) return [];
    return decideAttributes({ before, stored, after, given, onInvalid, pointer, ...OPEN }).faults;
  });
}

function organizationOf({ properties }: ProjectRow): string {
  return String(properties['organization_id']);
}

function typesOf({ projectTypes }: ProjectRow): string[] {
  return projectTypes.map(({ slug }) => slug);
}
