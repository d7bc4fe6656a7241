import { sql } from 'kysely';
import { isJsonObject, type JsonObject, type JsonValue } from '#libs/common';
import {
  col,
  decodeAgtype,
  decodeMap,
  encode,
  equal,
  greater,
  idOf,
  jsonList,
  jsonObject,
  namedCol,
  out,
  propertiesOf,
  type Sql,
  tableOf,
  type VertexDefinition,
} from '#libs/graph';
import type { BlueprintType } from '../model/blueprint.vertex.js';
import { Organization } from '../model/organization.vertex.js';
import { Environment, ProjectType, Team } from '../model/organization-owned.vertex.js';
import { DependsOn, DeployedIn, HasType, Project } from '../model/project.vertex.js';
import type { StatementRunner } from '../shared/statement-runner.js';
import type { BlueprintRecord } from './blueprint-record.js';
import type { SchemaSubject } from './effective-schema.js';

/** Something that has attributes: an entity, or an edge of one. */
export interface Bearer {
  readonly place: SchemaSubject;
  readonly attributes: JsonObject;
  /** The entity, or the one that the edge starts at. */
  readonly id: string;
  readonly slug: string;
  /** Of an edge: the entity that it leads to. */
  readonly to?: { readonly id: string; readonly slug: string };
}

/** A part of everything that a kind of blueprint is about. */
export interface EstatePage {
  /** How many entities were read; edges are counted with the project that they start at. */
  readonly entities: number;
  readonly bearers: readonly Bearer[];
  /** After which the next page starts; undefined at the end. */
  readonly next: string | undefined;
}

const DEFINITIONS: Readonly<Record<BlueprintType, VertexDefinition>> = {
  Organization,
  Team,
  ProjectType,
  Environment,
  Project,
};

interface RawEntity {
  readonly properties: string;
  readonly types: string | null;
  readonly environments: string | null;
  readonly dependencies: string | null;
}

/** The label whose vertices are read for a kind of blueprint. */
export function definitionOf(subject: BlueprintRecord['subject']): VertexDefinition {
  return subject === 'DEPLOYED_IN' || subject === 'DEPENDS_ON' ? Project : DEFINITIONS[subject];
}

/** Everything that a blueprint may be about, page by page in the order of ids: of one organization, or of all. */
export class EstateReadModel {
  constructor(
    private readonly statements: StatementRunner,
    private readonly subject: BlueprintRecord['subject'],
    private readonly organizationId: string | null,
  ) {}

  async count(): Promise<number> {
    const definition = definitionOf(this.subject);
    const [row] = await this.statements.run(sql<{ count: string }>`
      select count(*)::text as count from ${tableOf(definition)} v where ${this.within(definition)}`);
    return Number(row?.count ?? 0);
  }

  async page(after: string | undefined, limit: number): Promise<EstatePage> {
    const definition = definitionOf(this.subject);
    const beyond = after === undefined ? sql`true` : greater(idOf('v'), encode(after));
    const joined = definition === Project ? JOINED : NOTHING;
    const rows = await this.statements.run(sql<RawEntity>`
      select ${propertiesOf('v')} as properties, ${joined} from ${tableOf(definition)} v
      where ${this.within(definition)} and ${beyond} order by ${idOf('v')} limit ${limit}`);
    const entities = rows.map((row) => ({ row, stored: decodeMap(row.properties) }));
    const last = entities.at(-1);
    return {
      entities: rows.length,
      bearers: entities.flatMap(({ row, stored }) => this.bearersOf(stored, row)),
      next: rows.length === limit && last ? String(last.stored['id']) : undefined,
    };
  }

  private within(definition: VertexDefinition): Sql {
    if (this.organizationId === null) return sql`true`;
    const owner = definition === Organization ? idOf('v') : namedCol(definition, 'organization_id', 'v');
    return equal(owner, encode(this.organizationId));
  }

  private bearersOf(stored: JsonObject, row: RawEntity): Bearer[] {
    const { subject } = this;
    const [id, slug] = [String(stored['id']), String(stored['slug'])];
    const organizationId = String(subject === 'Organization' ? id : stored['organization_id']);
    const types = listOf(row.types).map(String);
    const deployments = listOf(row.environments).filter(isJsonObject);
    if (subject === 'DEPLOYED_IN' || subject === 'DEPENDS_ON') {
      const edges = subject === 'DEPLOYED_IN' ? deployments : listOf(row.dependencies).filter(isJsonObject);
      return edges.map((edge) => {
        const to = { id: String(edge['id']), slug: String(edge['slug']) };
        const environments = subject === 'DEPLOYED_IN' ? [to.slug] : [];
        const attributes = objectOf(edge['attributes']);
        return { place: { subject, organizationId, types, environments }, attributes, id, slug, to };
      });
    }
    const own: Partial<SchemaSubject> = {
      ...(subject === 'Project' && { types, environments: deployments.map((one) => String(one['slug'])) }),
      ...(subject === 'ProjectType' && { types: [slug] }),
      ...(subject === 'Environment' && { environments: [slug] }),
    };
    return [{ place: { subject, organizationId, ...own }, attributes: objectOf(stored['attributes']), id, slug }];
  }
}

const NOTHING = sql`null as types, null as environments, null as dependencies`;

const JOINED = sql`
  (select ${jsonList(out(col(ProjectType, 'slug', 't')))} from ${tableOf(HasType)} e
    join ${tableOf(ProjectType)} t on ${equal(sql.ref('t.id'), sql.ref('e.end_id'))}
    where ${equal(sql.ref('e.start_id'), sql.ref('v.id'))}) as types,
  (select ${jsonList(edgeTo(col(Environment, 'slug', 't'), col(DeployedIn, 'attributes', 'e')))} from ${tableOf(DeployedIn)} e
    join ${tableOf(Environment)} t on ${equal(sql.ref('t.id'), sql.ref('e.end_id'))}
    where ${equal(sql.ref('e.start_id'), sql.ref('v.id'))}) as environments,
  (select ${jsonList(edgeTo(col(Project, 'slug', 't'), col(DependsOn, 'attributes', 'e')))} from ${tableOf(DependsOn)} e
    join ${tableOf(Project)} t on ${equal(sql.ref('t.id'), sql.ref('e.end_id'))}
    where ${equal(sql.ref('e.start_id'), sql.ref('v.id'))}) as dependencies`;

function edgeTo(slug: Sql, attributes: Sql): Sql {
  return jsonObject({ id: idOf('t'), slug, attributes });
}

function listOf(text: string | null): readonly JsonValue[] {
  const value = text === null ? null : decodeAgtype(text);
  return Array.isArray(value) ? value : [];
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
