import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#libs/auth';
import { isJsonObject, type JsonObject } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { Database } from '#libs/database';
import { CypherReader, GraphModel } from '#libs/graph';
import type { GraphQueryDto, GraphQueryResultDto } from './graph-query.dto.js';

/** Cypher for people: read-only, bounded in time and rows, and audited before it runs. */
@Injectable()
export class GraphQueryService {
  private readonly cypher: CypherReader;

  constructor(
    private readonly database: Database,
    model: GraphModel,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.cypher = new CypherReader(database, model);
  }

  async query({ query, parameters }: GraphQueryDto): Promise<GraphQueryResultDto> {
    const { cypherTimeout, cypherMaxRows } = this.config.limits;
    await this.database.transaction(async (tx) =>
      recordAudit(tx, { action: 'graph.query', outcome: 'success', detail: { query } }),
    );
    const { columns, rows, truncated } = await this.cypher.query({
      text: query,
      parameters: toJson(parameters),
      timeoutSeconds: cypherTimeout,
      maxRows: cypherMaxRows,
    });
    return { columns: [...columns], rows: rows.map((row) => [...row]), truncated };
  }
}

function toJson(parameters: Record<string, unknown> | undefined): JsonObject {
  const value: unknown = JSON.parse(JSON.stringify(parameters ?? {}));
  return isJsonObject(value) ? value : {};
}
