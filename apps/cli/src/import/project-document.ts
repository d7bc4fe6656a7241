import { stableStringify } from '#libs/common';
import type { Project, ProjectWrite } from '#sdk';
import type { PlannedProject } from './import-plan.js';

/**
 * The project to write: the plan says its name, description, team and types; links, identifiers, attributes and
 * tags are added to what is there; environments and icon, of which an import knows nothing, stay as they are.
 */
export function projectDocument(planned: PlannedProject, existing?: Project): ProjectWrite {
  return {
    slug: planned.slug,
    name: planned.name,
    description: planned.description ?? existing?.description ?? null,
    icon: existing?.icon ?? null,
    team: planned.team,
    project_types: sorted(planned.project_types),
    tags: sorted([...(existing?.tags ?? []).map(({ slug }) => slug), ...planned.tags]),
    links: { ...existing?.links, ...planned.links },
    identifiers: { ...existing?.identifiers, ...planned.identifiers },
    attributes: { ...existing?.attributes, ...planned.attributes },
    environments: Object.fromEntries(
      (existing?.environments ?? []).map(({ slug, properties }) => [slug, properties] as const),
    ),
  };
}

/** Whether writing the plan would change nothing. */
export function isAsPlanned(planned: PlannedProject, existing: Project): boolean {
  const current = projectDocument(
    {
      ...planned,
      name: existing.name,
      description: existing.description ?? undefined,
      team: existing.team.slug,
      project_types: existing.project_types.map(({ slug }) => slug),
      tags: [],
      links: {},
      identifiers: {},
      attributes: {},
    },
    existing,
  );
  return stableStringify({ ...current }) === stableStringify({ ...projectDocument(planned, existing) });
}

/** Parts items into calls of at most `count` items and `bytes` bytes of JSON. */
export function chunked<Item>(items: readonly Item[], limits: { count: number; bytes: number }): Item[][] {
  const chunks: Item[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const bytes = Buffer.byteLength(JSON.stringify(item)) + 1;
    const last = chunks.at(-1);
    if (last && last.length < limits.count && size + bytes <= limits.bytes) {
      last.push(item);
      size += bytes;
    } else {
      chunks.push([item]);
      size = bytes;
    }
  }
  return chunks;
}

function sorted(slugs: readonly string[]): string[] {
  return [...new Set(slugs)].sort();
}
