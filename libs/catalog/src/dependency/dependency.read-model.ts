import { sql } from 'kysely';
import { isJsonObject, type JsonObject } from '#libs/common';
import {
  col,
  decodeAgtype,
  decodeMap,
  encode,
  equal,
  type KeysetPosition,
  keyset,
  type Order,
  out,
  propertiesOf,
  tableOf,
} from '#libs/graph';
import { DependsOn, Project } from '../model/project.vertex.js';
import type { StatementRunner } from '../shared/statement-runner.js';

export interface DependencyRow {
  readonly project: JsonObject;
  readonly attributes: JsonObject | null;
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
    const rows = await this.statements.run(sql<{ properties: string; attributes: string | null }>`
      select ${propertiesOf('p')} as properties, ${out(col(DependsOn, 'attributes', 'e'))} as attributes
      from ${tableOf(Project)} o
      join ${tableOf(DependsOn)} e on ${equal(sql.ref(own), sql.ref('o.id'))}
      join ${tableOf(Project)} p on ${equal(sql.ref('p.id'), sql.ref(other))}
      where ${equal(col(Project, 'id', 'o'), encode(projectId))}
        and ${equal(col(Project, 'organization_id', 'o'), encode(organizationId))} and ${after}
      order by ${order.orderBy} limit ${sql.lit(request.limit)}`);
    return rows.map((row) => {
      const attributes = decodeAgtype(row.attributes);
      return { project: decodeMap(row.properties), attributes: isJsonObject(attributes) ? attributes : null };
    });
  }
}
