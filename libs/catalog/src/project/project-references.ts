import { sql } from 'kysely';
import { type FieldError, invalid, jsonPointer } from '#libs/common';
import {
  anyOf,
  col,
  encode,
  encodeList,
  equal,
  type GraphTransaction,
  type Sql,
  tableOf,
  textOf,
  type VertexDefinition,
} from '#libs/graph';
import { Environment, LinkDefinition, ProjectType, Tag, Team } from '../model/organization-owned.vertex.js';
import type { ProjectWriteDto } from './project.dto.js';

type Kind = 'team' | 'project_type' | 'environment' | 'tag' | 'link_definition';

const DEFINITIONS: Readonly<Record<Kind, VertexDefinition>> = {
  team: Team,
  project_type: ProjectType,
  environment: Environment,
  tag: Tag,
  link_definition: LinkDefinition,
};

/** Ids of what projects name by slug. */
export class References {
  private readonly ids: ReadonlyMap<string, string>;

  constructor(rows: readonly { kind: string; slug: string; id: string }[]) {
    this.ids = new Map(rows.map(({ kind, slug, id }) => [`${kind}:${slug}`, id]));
  }

  /** @throws Error when {@link faults} was not heeded */
  id(kind: Kind, slug: string): string {
    const id = this.ids.get(`${kind}:${slug}`);
    if (id === undefined) throw new Error(`the ${kind} ${slug} was not resolved`);
    return id;
  }

  /** What a project names that does not exist, with pointers into its document. */
  faults(project: ProjectWriteDto): FieldError[] {
    return mentions(project)
      .filter(({ kind, slug }) => !this.ids.has(`${kind}:${slug}`))
      .map(({ kind, slug, pointer }) => ({
        pointer,
        code: 'unknown_reference',
        message: `There is no ${kind.replace('_', ' ')} "${slug}" in this organization.`,
      }));
  }

  /** @throws DomainError `validation_failed` (422) listing everything the project names that does not exist */
  assertKnown(project: ProjectWriteDto): void {
    const faults = this.faults(project);
    if (faults.length > 0) throw invalid(faults, 'The project names what does not exist.');
  }
}

/**
 * Resolves every slug that some projects name, in one statement. What was found cannot be removed or renamed away
 * before the transaction ends.
 */
export async function resolveReferences(
  tx: GraphTransaction,
  organizationId: string,
  projects: readonly ProjectWriteDto[],
): Promise<References> {
  const slugs = new Map<Kind, Set<string>>();
  for (const { kind, slug } of projects.flatMap(mentions)) {
    slugs.set(kind, (slugs.get(kind) ?? new Set()).add(slug));
  }
  // A row lock and a union exclude each other in one select, hence the common table expressions.
  const selects = [...slugs].map(([kind, named]) => ({
    name: sql.ref(`${kind}s`),
    select: select(kind, organizationId, [...named]),
  }));
  const ctes = selects.map((one) => sql`${one.name} as materialized (${one.select})`);
  const found = selects.map((one) => sql`select kind, slug, id from ${one.name}`);
  return new References(
    await tx.run(
      sql<{ kind: string; slug: string; id: string }>`with ${sql.join(ctes)} ${sql.join(found, sql` union all `)}`,
    ),
  );
}

function select(kind: Kind, organizationId: string, slugs: readonly string[]): Sql {
  const definition = DEFINITIONS[kind];
  return sql`select ${sql.lit(kind)} as kind, ${textOf(col(definition, 'slug', 'v'))} as slug, ${textOf(col(definition, 'id', 'v'))} as id
    from ${tableOf(definition)} v
    where ${equal(col(definition, 'organization_id', 'v'), encode(organizationId))}
      and ${anyOf(col(definition, 'slug', 'v'), encodeList(slugs))} for key share`;
}

function mentions(project: ProjectWriteDto): { kind: Kind; slug: string; pointer: string }[] {
  return [
    { kind: 'team' as const, slug: project.team, pointer: '/team' },
    ...project.project_types.map((slug, index) => ({
      kind: 'project_type' as const,
      slug,
      pointer: jsonPointer('project_types', index),
    })),
    ...Object.keys(project.environments ?? {}).map((slug) => ({
      kind: 'environment' as const,
      slug,
      pointer: jsonPointer('environments', slug),
    })),
    ...(project.tags ?? []).map((slug, index) => ({ kind: 'tag' as const, slug, pointer: jsonPointer('tags', index) })),
    ...Object.keys(project.links ?? {}).map((slug) => ({
      kind: 'link_definition' as const,
      slug,
      pointer: jsonPointer('links', slug),
    })),
  ];
}

/** Refuses what the DTO's decorators cannot see: the values of the maps. @throws DomainError `validation_failed` (422) */
export function assertMaps(project: ProjectWriteDto): void {
  const faults = mapFaults(project);
  if (faults.length > 0) throw invalid(faults);
}

export function mapFaults(project: ProjectWriteDto): FieldError[] {
  const faults: FieldError[] = [];
  for (const [slug, url] of Object.entries(project.links ?? {})) {
    if (isHttpUrl(url)) continue;
    faults.push({ pointer: jsonPointer('links', slug), code: 'is_url', message: 'must be an http or https address' });
  }
  for (const [name, text] of Object.entries(project.identifiers ?? {})) {
    if (typeof text === 'string' && text.length <= 1000 && name.length <= 100) continue;
    faults.push({
      pointer: jsonPointer('identifiers', name),
      code: 'is_text',
      message: 'must be text of at most 1,000 characters, under a name of at most 100',
    });
  }
  for (const [slug, properties] of Object.entries(project.environments ?? {})) {
    if (typeof properties === 'object' && properties !== null && !Array.isArray(properties)) continue;
    faults.push({ pointer: jsonPointer('environments', slug), code: 'is_object', message: 'must be an object' });
  }
  return faults;
}

function isHttpUrl(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 2000 || !URL.canParse(value)) return false;
  return /^https?:$/.test(new URL(value).protocol);
}
