import { type FieldError, isJsonObject, type JsonObject, jsonPointer } from '#libs/common';
import type { Properties } from '#libs/graph';
import type { BlueprintEdge, BlueprintType } from '../model/blueprint.vertex.js';
import { Organization } from '../model/organization.vertex.js';
import { Environment, ProjectType, Team } from '../model/organization-owned.vertex.js';
import { DependsOn, DeployedIn, Project } from '../model/project.vertex.js';
import type { BlueprintWriteDto } from './blueprint.dto.js';
import { requiredOf } from './effective-schema.js';
import { compileSchema, isCompiled } from './schema-compiler.js';
import { subschemas } from './schema-keywords.js';

/** Which parts of a filter mean anything for a kind, and the fields that are not a blueprint's to declare. */
interface Subject {
  readonly filters: readonly ('project_type' | 'environment')[];
  readonly base: ReadonlySet<string>;
  /** Of an edge. */
  readonly target?: 'Environment' | 'Project';
}

const ANSWERED = ['attributes', 'attribute_errors', 'team', 'project_types', 'environments', 'tags'];

const SUBJECTS: Readonly<Record<BlueprintType | BlueprintEdge, Subject>> = {
  Organization: { filters: [], base: base(Organization) },
  Team: { filters: [], base: base(Team) },
  ProjectType: { filters: ['project_type'], base: base(ProjectType) },
  Environment: { filters: ['environment'], base: base(Environment) },
  Project: { filters: ['project_type', 'environment'], base: base(Project, ANSWERED) },
  DEPLOYED_IN: {
    filters: ['project_type', 'environment'],
    base: base(DeployedIn, ['slug', 'name']),
    target: 'Environment',
  },
  DEPENDS_ON: { filters: ['project_type'], base: base(DependsOn, ['id', 'slug', 'name']), target: 'Project' },
};

const ROOT_KEYWORDS: ReadonlySet<string> = new Set([
  ...['$schema', '$comment', 'title', 'description', 'type', 'properties', 'required', '$defs', 'additionalProperties'],
  ...['dependentRequired', 'dependentSchemas', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'],
  ...['minProperties', 'maxProperties'],
]);

const ATTRIBUTE_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;
const MAX_ATTRIBUTES = 200;

/** What is wrong with a blueprint that its DTO cannot see; pointers lead into it. */
export function blueprintFaults(write: BlueprintWriteDto): FieldError[] {
  const faults = subjectFaults(write);
  return faults.length > 0 ? faults : [...filterFaults(write), ...attributesFaults(write)];
}

/** The kind of vertex or edge that a blueprint without faults is about. */
export function subjectOf({ type, edge }: Pick<BlueprintWriteDto, 'type' | 'edge'>): BlueprintType | BlueprintEdge {
  const subject = type ?? edge;
  if (!subject) throw new Error('a blueprint is about something');
  return subject;
}

/** Where the edge that a relationship blueprint is about ends. */
export function targetOf(edge: BlueprintEdge): 'Environment' | 'Project' {
  return SUBJECTS[edge].target ?? 'Project';
}

function subjectFaults({ kind, type, source, edge, target }: BlueprintWriteDto): FieldError[] {
  if (kind === 'node') {
    const stray = Object.entries({ source, edge, target }).filter(([, value]) => value !== undefined && value !== null);
    const faults = stray.map(([name]) => fault(jsonPointer(name), 'not_of_a_node', 'is for relationship blueprints'));
    return type ? faults : [fault('/type', 'required', 'says whose attributes a node blueprint declares'), ...faults];
  }
  if (type) return [fault('/type', 'not_of_a_relationship', 'is for node blueprints')];
  if (!edge) return [fault('/edge', 'required', 'says whose properties a relationship blueprint declares')];
  if (!target || target === targetOf(edge)) return [];
  return [fault('/target', 'no_such_relationship', `${edge} ends at ${targetOf(edge)}`)];
}

function filterFaults(write: BlueprintWriteDto): FieldError[] {
  const subject = subjectOf(write);
  const { filters } = SUBJECTS[subject];
  return (['project_type', 'environment'] as const)
    .filter((name) => (write.filter?.[name] ?? []).length > 0 && !filters.includes(name))
    .map((name) => fault(jsonPointer('filter', name), 'filter_without_effect', `means nothing for ${subject}`));
}

function attributesFaults(write: BlueprintWriteDto): FieldError[] {
  const schema: unknown = write.json_schema;
  if (!isJsonObject(schema)) return [fault('/json_schema', 'is_object', 'must be an object')];
  const result = compileSchema(schema);
  const faults = isCompiled(result) ? [] : [...result];
  if (faults.length === 0)
    faults.push(...rootFaults(schema), ...propertyFaults(schema, SUBJECTS[subjectOf(write)].base));
  return faults.map(({ pointer, ...rest }) => ({ pointer: `/json_schema${pointer}`, ...rest }));
}

function rootFaults(schema: JsonObject): FieldError[] {
  const faults: FieldError[] = [];
  for (const keyword of Object.keys(schema)) {
    if (ROOT_KEYWORDS.has(keyword) || keyword.startsWith('x-')) continue;
    faults.push(
      fault(jsonPointer(keyword), 'not_at_the_top', 'cannot stand at the top, which is about named attributes'),
    );
  }
  const { type, additionalProperties } = schema;
  if (type !== undefined && type !== 'object') faults.push(fault('/type', 'is_object', 'must be "object"'));
  if (additionalProperties !== undefined && additionalProperties !== false) {
    const message = 'must be false or absent: what no blueprint declares has no schema';
    faults.push(fault('/additionalProperties', 'not_at_the_top', message));
  }
  return [...faults, ...referenceFaults(schema, '')];
}

function propertyFaults(schema: JsonObject, fixed: ReadonlySet<string>): FieldError[] {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const names = Object.keys(properties);
  const faults = names.flatMap((name) => nameFaults(name, fixed));
  if (names.length > MAX_ATTRIBUTES) {
    faults.push(fault('/properties', 'too_many', `must be at most ${MAX_ATTRIBUTES} attributes`));
  }
  for (const [index, name] of requiredOf(schema).entries()) {
    if (Object.hasOwn(properties, name)) continue;
    faults.push(fault(jsonPointer('required', index), 'undeclared', `"${name}" is none of the properties`));
  }
  return faults;
}

function nameFaults(name: string, fixed: ReadonlySet<string>): FieldError[] {
  const at = jsonPointer('properties', name);
  if (fixed.has(name))
    return [fault(at, 'base_field', 'is a field that every one has; a blueprint cannot redefine it')];
  if (ATTRIBUTE_NAME.test(name)) return [];
  return [fault(at, 'attribute_name', 'must be a letter and then at most 62 letters, digits, - and _')];
}

// A property is handed out by itself, with the definitions and without the rest of its blueprint.
function referenceFaults(schema: JsonObject, at: string): FieldError[] {
  const own =
    typeof schema['$ref'] === 'string' && !schema['$ref'].startsWith('#/$defs/')
      ? [fault(`${at}/$ref`, 'reference_to_attribute', 'must lead into "#/$defs/"')]
      : [];
  const inner = subschemas(schema).flatMap(({ schema: held, path }) =>
    isJsonObject(held) ? referenceFaults(held, at + jsonPointer(...path)) : [],
  );
  return [...own, ...inner];
}

function base(definition: { readonly properties: Properties }, more: readonly string[] = []): ReadonlySet<string> {
  return new Set([...Object.keys(definition.properties), ...more, 'attribute_errors']);
}

function fault(pointer: string, code: string, message: string): FieldError {
  return { pointer, code, message };
}
