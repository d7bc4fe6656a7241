import { sql } from 'kysely';
import { type JsonObject } from '#libs/common';
import {
  compileFilter,
  decodeMap,
  decodeVertex,
  type KeysetPosition,
  keyset,
  type OpenFilter,
  type Order,
  pinnedProperties,
  propertiesOf,
  tableOf,
  type VertexDefinition,
} from '#libs/graph';
import { BLUEPRINTS_VERSION } from '../blueprint/blueprints.read-model.js';
import type { StatementRunner } from './statement-runner.js';

/** A vertex, and the version of the blueprints when it was read. */
export interface ExtensibleRow {
  readonly vertex: JsonObject;
  readonly blueprints: string;
}

interface RawRow {
  readonly properties: string;
  readonly blueprints: string;
}

/** Vertices of one label with the version of the blueprints beside them: no second statement to know their schema. */
export class ExtensibleReadModel {
  constructor(
    private readonly statements: StatementRunner,
    private readonly definition: VertexDefinition,
  ) {}

  async find(key: OpenFilter): Promise<ExtensibleRow | undefined> {
    const { definition } = this;
    const rows = await this.statements.run(
      sql<RawRow>`select ${propertiesOf('v')} as properties, ${BLUEPRINTS_VERSION} as blueprints
        from ${tableOf(definition)} v where ${compileFilter<VertexDefinition>(definition, key, 'v')} limit 1`,
      { fixed: true },
    );
    return rows.map((row) => this.toRow(row))[0];
  }

  async page(request: {
    readonly where: OpenFilter;
    readonly order: Order<VertexDefinition>;
    readonly after?: KeysetPosition;
    readonly limit: number;
  }): Promise<ExtensibleRow[]> {
    const { definition } = this;
    const order = keyset<VertexDefinition>(definition, request.order, 'v', { pinned: pinnedProperties(request.where) });
    const rows = await this.statements.run(
      order.page<RawRow>({
        from: sql`${tableOf(definition)} v`,
        columns: sql`${propertiesOf('v')} as properties, ${BLUEPRINTS_VERSION} as blueprints`,
        where: compileFilter<VertexDefinition>(definition, request.where, 'v'),
        after: request.after,
        limit: request.limit,
      }),
    );
    return rows.map((row) => this.toRow(row));
  }

  private toRow({ properties, blueprints }: RawRow): ExtensibleRow {
    return { vertex: decodeVertex(this.definition, decodeMap(properties)), blueprints };
  }
}
