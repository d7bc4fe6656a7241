import type { JsonObject, JsonValue } from '#libs/common';
import { isJsonObject } from '#libs/common';
import { visibleAttributes } from '../blueprint/attribute-writes.js';
import type { BlueprintSet } from '../blueprint/blueprint-schemas.js';
import type { ProjectResponseDto, ProjectWriteDto } from './project.dto.js';
import type { ProjectRow } from './project.read-model.js';
import { projectExtension, projectSchema } from './project-attributes.js';

/** @param set the blueprints as they were when the project was read */
export function toProjectResponse(row: ProjectRow, set: BlueprintSet): ProjectResponseDto {
  const stored = row.properties;
  return {
    id: String(stored['id']),
    slug: String(stored['slug']),
    name: String(stored['name']),
    description: textOrNull(stored['description']),
    icon: textOrNull(stored['icon']),
    ...projectExtension(set, row),
    team: row.team ?? { slug: '', name: '' },
    project_types: [...row.projectTypes],
    environments: row.environments.map(({ slug, name, attributes, machine }) => ({
      slug,
      name,
      properties: { ...attributes, ...machine },
    })),
    tags: [...row.tags],
    links: texts(stored['links']),
    identifiers: texts(stored['identifiers']),
    archived_at: textOrNull(stored['archived_at']),
    score: typeof stored['score'] === 'number' ? stored['score'] : null,
    created_at: String(stored['created_at']),
    updated_at: String(stored['updated_at']),
    version: Number(stored['version']),
  };
}

/** The document of a project that a patch is applied to: what a PUT would send to change nothing. */
export function toProjectDocument(row: ProjectRow, set: BlueprintSet): JsonObject {
  const {
    team,
    project_types,
    tags,
    links,
    identifiers,
    attributes: _seen,
    attribute_errors,
    ...rest
  } = toProjectResponse(row, set);
  return {
    ...rest,
    team: team.slug,
    project_types: project_types.map(({ slug }) => slug),
    environments: Object.fromEntries(row.environments.map(({ slug, attributes }) => [slug, attributes ?? {}])),
    tags: tags.map(({ slug }) => slug),
    links,
    identifiers,
    attributes: visibleAttributes(projectSchema(set, row), row.attributes ?? {}),
    attribute_errors: attribute_errors.map((fault) => ({ ...fault })),
  };
}

/** The project's own properties, as a create or a replace stores them. */
export function toProjectProperties(write: ProjectWriteDto, attributes: JsonObject) {
  return {
    slug: write.slug,
    name: write.name,
    description: write.description ?? null,
    icon: write.icon ?? null,
    links: write.links ?? {},
    identifiers: write.identifiers ?? {},
    attributes,
  };
}

function textOrNull(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function texts(value: JsonValue | undefined): Record<string, string> {
  const map: Record<string, string> = {};
  if (!isJsonObject(value)) return map;
  for (const [name, text] of Object.entries(value)) map[name] = String(text);
  return map;
}
