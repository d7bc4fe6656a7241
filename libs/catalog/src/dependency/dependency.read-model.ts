import { sql } from 'kysely';
import { isJsonObject, type JsonObject } from '#libs/common';
import {
  col,
  decodeAgtype,
  decodeMap,
  encode,
  equal,
  jsonList,
  type KeysetPosition,
  keyset,
  type Order,
  out,
  propertiesOf,
  tableOf,
} from '#libs/graph';
import { BLUEPRINTS_VERSION } from '../blueprint/blueprints.read-model.js';
import { ProjectType } from '../model/organization-owned.vertex.js';
import { DependsOn, HasType, Project } from '../model/project.vertex.js';
import type { StatementRunner } from '../shared/statement-runner.js';

export interface DependencyRow {
  readonly project: JsonObject;
  readonly attributes: JsonObject | null;
  /** The types of the project that depends. */
  readonly sourceTypes: readonly string[];
  /** The version of the blueprints when it was read. */
  readonly blueprints: string;
}

interface RawDependency {
  readonly properties: string;
  readonly attributes: string | null;
  readonly types: string;
  readonly blueprints: string;
}

/** Direct dependencies of a project, and its dependents. */
export class DependencyReadModel {
  constructor(private readonly statements: StatementRunner) {}

  async page(
    organizationId: string,
    projectId: string,
    direction: 'dependencies' | 'dependents',
    request: { readonly order: Order<typeof Project>; readonly after?: KeysetPosition; readonly limit: number },
  ): Promise<DependencyRow[]> {
    const order = keyset(Project, request.order, 'p');
    const [own, other] = direction === 'dependencies' ? ['e.start_id', 'e.end_id'] : ['e.end_id', 'e.start_id'];
    const after = request.after ? order.after(request.after) : sql`true`;
    const rows = await this.statements.run(sql<RawDependency>`
      select ${propertiesOf('p')} as properties, ${out(col(DependsOn, 'attributes', 'e'))} as attributes,
        ${BLUEPRINTS_VERSION} as blueprints, (
          select ${jsonList(out(col(ProjectType, 'slug', 't')))} from ${tableOf(HasType)} h
          join ${tableOf(ProjectType)} t on ${equal(sql.ref('t.id'), sql.ref('h.end_id'))}
          where ${equal(sql.ref('h.start_id'), sql.ref('e.start_id'))}
        ) as types
      from ${tableOf(Project)} o
      join ${tableOf(DependsOn)} e on ${equal(sql.ref(own), sql.ref('o.id'))}
      join ${tableOf(Project)} p on ${equal(sql.ref('p.id'), sql.ref(other))}
      where ${equal(col(Project, 'id', 'o'), encode(projectId))}
        and ${equal(col(Project, 'organization_id', 'o'), encode(organizationId))} and ${after}
      order by ${order.orderBy} limit ${sql.lit(request.limit)}`);
    return rows.map((row) => {
      const attributes = decodeAgtype(row.attributes);
      const types = decodeAgtype(row.types);
      return {
        project: decodeMap(row.properties),
        attributes: isJsonObject(attributes) ? attributes : null,
        sourceTypes: Array.isArray(types) ? types.map(String) : [],
        blueprints: row.blueprints,
      };
    });
  }
}
