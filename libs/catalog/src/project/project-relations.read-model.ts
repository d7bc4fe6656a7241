import { sql } from 'kysely';
import { isJsonObject, type JsonObject, type JsonValue } from '#libs/common';
import {
  constant,
  decodeAgtype,
  type EdgeDefinition,
  equal,
  jsonList,
  jsonObject,
  propertiesOf,
  type Sql,
  shown,
  tableOf,
  type VertexDefinition,
} from '#libs/graph';
import { BLUEPRINTS_VERSION } from '../blueprint/blueprints.read-model.js';
import { Environment, ProjectType, Tag, Team } from '../model/organization-owned.vertex.js';
import { DeployedIn, HasType, OwnedBy, TaggedWith } from '../model/project.vertex.js';

export interface Named {
  readonly slug: string;
  readonly name: string;
}

export interface Deployment extends Named {
  readonly sortOrder: number;
  readonly attributes: JsonObject | null;
  readonly machine: JsonObject | null;
}

/** A project with everything its default representation shows. */
export interface RelatedProject {
  readonly properties: JsonObject;
  readonly team: Named | undefined;
  readonly projectTypes: readonly Named[];
  readonly environments: readonly Deployment[];
  readonly tags: readonly Named[];
  readonly attributes: JsonObject | null;
  /** The version of the blueprints when it was read. */
  readonly blueprints: string;
}

/**
 * Projects and what they are joined to, as one row of JSON lists: of projects their positions and, in the same order,
 * their properties; of each kind of end `[[position, …], end]`, for environments `[[[position, edge], …], end]`.
 */
export interface RawProjects {
  readonly projects: string;
  readonly teams: string;
  readonly project_types: string;
  readonly environments: string;
  readonly tags: string;
  readonly blueprints: string;
}

/**
 * The columns of {@link RawProjects} for the rows of `page (id, properties, position)`. Each kind of edge is joined for
 * all projects at once, and each end is written once, however many of the projects are joined to it: many share a few
 * types and environments, and writing properties as text is most of the work of a page.
 */
export const RELATIONS = constant(sql`
  (select '[' || ${jsonList(sql`page.position::text`)} || ',' || ${jsonList(propertiesOf('page'))} || ']' from page)
    as projects,
  ${joined(OwnedBy, Team, { slug: shown(Team, 'slug', 't'), name: shown(Team, 'name', 't') })} as teams,
  ${joined(HasType, ProjectType, { slug: shown(ProjectType, 'slug', 't'), name: shown(ProjectType, 'name', 't') })}
    as project_types,
  ${joined(
    DeployedIn,
    Environment,
    {
      slug: shown(Environment, 'slug', 't'),
      name: shown(Environment, 'name', 't'),
      sort_order: shown(Environment, 'sort_order', 't'),
    },
    sql`'[' || page.position || ',' || ${propertiesOf('e')} || ']'`,
  )} as environments,
  ${joined(TaggedWith, Tag, { slug: shown(Tag, 'slug', 't'), name: shown(Tag, 'name', 't') })} as tags,
  ${BLUEPRINTS_VERSION} as blueprints`);

function joined(
  edge: EdgeDefinition,
  end: VertexDefinition,
  members: Readonly<Record<string, Sql>>,
  project: Sql = sql`page.position::text`,
): Sql {
  return sql`(select ${jsonList(sql`'[' || ends.projects || ',' || ${jsonObject(members)} || ']'`)} from (
      select e.end_id, ${jsonList(project)} as projects from page
      join ${tableOf(edge)} e on ${equal(sql.ref('e.start_id'), sql.ref('page.id'))}
      group by e.end_id
    ) ends
    join ${tableOf(end)} t on ${equal(sql.ref('t.id'), sql.ref('ends.end_id'))})`;
}

/** The projects in the order of their positions, which begin at 1. */
export function toProjects(raw: RawProjects): RelatedProject[] {
  const projects: Growing[] = [];
  const [positions = [], all = []] = pairsOf(raw.projects);
  for (const [index, properties] of all.entries()) {
    if (!isJsonObject(properties)) continue;
    projects[Number(positions[index]) - 1] = {
      properties,
      team: undefined,
      projectTypes: [],
      environments: [],
      tags: [],
      attributes: isJsonObject(properties['attributes']) ? properties['attributes'] : null,
      blueprints: raw.blueprints,
    };
  }
  attach(raw.teams, projects, (project, end) => {
    project.team = toNamed(end);
  });
  attach(raw.project_types, projects, ({ projectTypes }, end) => projectTypes.push(toNamed(end)));
  attach(raw.environments, projects, ({ environments }, end, edge) => environments.push(toDeployment(end, edge)));
  attach(raw.tags, projects, ({ tags }, end) => tags.push(toNamed(end)));
  for (const { projectTypes, environments, tags } of projects) {
    projectTypes.sort(bySlug);
    environments.sort(bySortOrder);
    tags.sort(bySlug);
  }
  return projects;
}

/** A project while its relations are being read. */
interface Growing {
  readonly properties: JsonObject;
  team: Named | undefined;
  readonly projectTypes: Named[];
  readonly environments: Deployment[];
  readonly tags: Named[];
  readonly attributes: JsonObject | null;
  readonly blueprints: string;
}

function attach(
  text: string,
  projects: readonly Growing[],
  add: (project: Growing, end: JsonObject, edge: JsonValue) => void,
): void {
  for (const [members, end] of pairsOf(text)) {
    if (!Array.isArray(members) || !isJsonObject(end)) continue;
    for (const member of members) {
      const [position, edge = null] = Array.isArray(member) ? member : [member];
      const project = projects[Number(position) - 1];
      if (project) add(project, end, edge);
    }
  }
}

function pairsOf(text: string): readonly (readonly JsonValue[])[] {
  const value = decodeAgtype(text);
  return Array.isArray(value) ? value.filter((item) => Array.isArray(item)) : [];
}

function toNamed(end: JsonObject): Named {
  return { slug: String(end['slug']), name: String(end['name']) };
}

function toDeployment(end: JsonObject, edge: JsonValue): Deployment {
  const { attributes, machine }: JsonObject = isJsonObject(edge) ? edge : {};
  return {
    ...toNamed(end),
    sortOrder: Number(end['sort_order']),
    attributes: objectOrNull(attributes),
    machine: objectOrNull(machine),
  };
}

function bySortOrder(left: Deployment, right: Deployment): number {
  return left.sortOrder - right.sortOrder || bySlug(left, right);
}

function bySlug(left: Named, right: Named): number {
  if (left.slug === right.slug) return 0;
  return left.slug < right.slug ? -1 : 1;
}

function objectOrNull(value: JsonValue | undefined): JsonObject | null {
  return isJsonObject(value) ? value : null;
}
