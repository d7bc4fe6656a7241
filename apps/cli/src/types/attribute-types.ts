import type { JsonObject } from '#libs/common';
import { members } from './schema-type.js';

export interface AttributeTypesOptions {
  /** The slug of the organization whose attributes they are. */
  readonly organization: string;
  /** What the client package is imported by. */
  readonly sdk: string;
}

/** A TypeScript module with the types of an organization's projects, for whoever works with the client package. */
export function attributeTypes(schema: JsonObject, { organization, sdk }: AttributeTypesOptions): string {
  return [
    `// The attributes of the projects of ${organization}. Written by \`imbi types\`; write it anew when blueprints change.`,
    `import type { Project, ProjectWrite } from ${JSON.stringify(sdk)};`,
    '',
    '/** What the blueprints in force declare. Which of it a project may have, and must have, depends on its types. */',
    'export interface ProjectAttributes {',
    ...members(schema, '  '),
    '}',
    '',
    '/** A project as it is read. */',
    "export type TypedProject = Omit<Project, 'attributes'> & { attributes: ProjectAttributes };",
    '',
    '/** A project as it is written. */',
    "export type TypedProjectWrite = Omit<ProjectWrite, 'attributes'> & { attributes?: ProjectAttributes };",
    '',
  ].join('\n');
}
