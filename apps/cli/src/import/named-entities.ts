import {
  type Client,
  createLinkDefinition,
  createProjectType,
  createTag,
  createTeam,
  listLinkDefinitions,
  listProjectTypes,
  listTags,
  listTeams,
  type PageOf,
  updateLinkDefinition,
  updateProjectType,
  updateTag,
  updateTeam,
} from '#sdk';
import type { PlannedEntity, PlannedLinkDefinition } from './import-plan.js';

const PAGE = 200;

export interface Existing {
  slug: string;
  name: string;
  description?: string | null;
}

/** The routes of one kind of thing that has little but a slug and a name. */
export interface NamedRoutes<Planned> {
  list(cursor: string | undefined): Promise<{ data: PageOf<Existing> }>;
  create(planned: Planned): Promise<unknown>;
  /** Makes name and description what the plan says; nothing else, for people may have worked on the rest. */
  update(planned: Planned): Promise<unknown>;
}

/** The routes of all such kinds within one organization. */
export function namedRoutes(client: Client, org: string) {
  const throwOnError = true as const;
  const page = (cursor: string | undefined) => ({
    client,
    path: { org },
    query: { cursor, limit: PAGE },
    throwOnError,
  });
  const create = <Body>(body: Body) => ({ client, path: { org }, body, throwOnError });
  const update = <Body extends { slug: string }>(body: Body) => ({
    client,
    path: { org, slug: body.slug },
    body,
    throwOnError,
  });
  return {
    teams: {
      list: (cursor) => listTeams(page(cursor)),
      create: (planned) => createTeam(create(planned)),
      update: (planned) => updateTeam(update(planned)),
    } satisfies NamedRoutes<PlannedEntity>,
    projectTypes: {
      list: (cursor) => listProjectTypes(page(cursor)),
      create: (planned) => createProjectType(create(planned)),
      update: (planned) => updateProjectType(update(planned)),
    } satisfies NamedRoutes<PlannedEntity>,
    linkDefinitions: {
      list: (cursor) => listLinkDefinitions(page(cursor)),
      create: (planned) => createLinkDefinition(create(planned)),
      update: ({ slug, name }) => updateLinkDefinition(update({ slug, name })),
    } satisfies NamedRoutes<PlannedLinkDefinition>,
    tags: {
      list: (cursor) => listTags(page(cursor)),
      create: ({ slug, name }) => createTag(create({ slug, name })),
      update: ({ slug, name }) => updateTag(update({ slug, name })),
    } satisfies NamedRoutes<PlannedEntity>,
  };
}

/** Whether the plan says something else of it than the catalogue does. */
export function differs(planned: PlannedEntity, existing: Existing): boolean {
  const description = planned.description ?? existing.description ?? undefined;
  return planned.name !== existing.name || description !== (existing.description ?? undefined);
}
