import type { JsonObject } from '#libs/common';
import { members } from './schema-type.js';

export interface AttributeTypesOptions {
  /** The slug of the organization whose attributes they are. */
  readonly organization: string;
  /** What the client package is imported by. */
  readonly sdk: string;
}

/** What an OpenAPI document says of attributes: schemas, by the name that it has for them. */
export type AttributeSchemas = ReadonlyMap<string, JsonObject>;

const VERTICES = ['Organization', 'Team', 'ProjectType', 'Environment', 'Project'];

/** The names of the schemas that types are written of. */
export const ATTRIBUTE_SCHEMAS: readonly string[] = [
  ...VERTICES.map((label) => `${label}Attributes`),
  ...['DeploymentProperties', 'DependencyProperties'],
];

/** A TypeScript module with the types of what an organization's blueprints declare, for who uses the client package. */
export function attributeTypes(schemas: AttributeSchemas, { organization, sdk }: AttributeTypesOptions): string {
  const vertices = VERTICES.filter((label) => schemas.has(`${label}Attributes`));
  const imports = [...vertices.flatMap((label) => [label, `${label}Write`]), 'Dependency', 'ProjectEnvironment'].sort();
  const edges = schemas.has('DeploymentProperties') && schemas.has('DependencyProperties');
  const used = imports.filter((name) => edges || (name !== 'Dependency' && name !== 'ProjectEnvironment'));
  return [
    `// The attributes of ${organization}. Written by \`imbi types\`; write it anew when blueprints change.`,
    `import type { ${used.join(', ')} } from ${JSON.stringify(sdk)};`,
    ...[...schemas].flatMap(([name, schema]) => declaration(name, schema)),
    ...vertices.flatMap((label) => typedVertex(label, edges)),
    ...(edges ? TYPED_EDGES : []),
    '',
  ].join('\n');
}

function declaration(name: string, schema: JsonObject): string[] {
  // What an edge has beside that may be anything.
  const rest = schema['additionalProperties'] === false ? [] : ['  [name: string]: unknown;'];
  const text = String(schema['description'] ?? 'What blueprints declare.');
  return ['', `/** ${text} */`, `export interface ${name} {`, ...members(schema, '  '), ...rest, '}'];
}

function typedVertex(label: string, edges: boolean): string[] {
  const deployed = label === 'Project' && edges;
  const left = deployed ? "'attributes' | 'environments'" : "'attributes'";
  const read = deployed ? '; environments: TypedDeployment[]' : '';
  const write = deployed ? '; environments?: Record<string, DeploymentProperties>' : '';
  return [
    '',
    `export type Typed${label} = Omit<${label}, ${left}> & { attributes: ${label}Attributes${read} };`,
    `export type Typed${label}Write = Omit<${label}Write, ${left}> & { attributes?: ${label}Attributes${write} };`,
  ];
}

const TYPED_EDGES = [
  '',
  "export type TypedDeployment = Omit<ProjectEnvironment, 'properties'> & { properties: DeploymentProperties };",
  "export type TypedDependency = Omit<Dependency, 'properties'> & { properties: DependencyProperties };",
];
