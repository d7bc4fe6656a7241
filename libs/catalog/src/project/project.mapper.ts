import type { JsonObject, JsonValue } from '#libs/common';
import { isJsonObject } from '#libs/common';
import type { ProjectResponseDto, ProjectWriteDto } from './project.dto.js';
import type { ProjectRow } from './project.read-model.js';

export function toProjectResponse(row: ProjectRow): ProjectResponseDto {
  const stored = row.properties;
  return {
    id: String(stored['id']),
    slug: String(stored['slug']),
    name: String(stored['name']),
    description: textOrNull(stored['description']),
    icon: textOrNull(stored['icon']),
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
export function toProjectDocument(row: ProjectRow): JsonObject {
  const { team, project_types, tags, links, identifiers, ...rest } = toProjectResponse(row);
  return {
    ...rest,
    team: team.slug,
    project_types: project_types.map(({ slug }) => slug),
    environments: Object.fromEntries(row.environments.map(({ slug, attributes }) => [slug, attributes ?? {}])),
    tags: tags.map(({ slug }) => slug),
    links,
    identifiers,
  };
}

/** The project's own properties, as a create or a replace stores them. */
export function toProjectProperties(write: ProjectWriteDto) {
  return {
    slug: write.slug,
    name: write.name,
    description: write.description ?? null,
    icon: write.icon ?? null,
    links: write.links ?? {},
    identifiers: write.identifiers ?? {},
  };
}

function textOrNull(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function texts(value: JsonValue | undefined): Record<string, string> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]));
}
