import { randomBytes } from 'node:crypto';
import type { PoolClient } from 'pg';
import { assertSafeJson, errorMessage, isJsonObject, type JsonObject, type JsonValue } from '#libs/common';
import { type Database, isUnreachable, sqlState } from '#libs/database';
import { decodeAgtype } from '../agtype.js';
import type { GraphModel } from '../graph-model.js';
import { returnedColumns } from './cypher-columns.js';
import { failed, refused, timedOut } from './cypher-error.js';
import { assertReadOnly } from './cypher-guard.js';
import { tokenize, withoutComments } from './cypher-lexer.js';

export interface CypherQuery {
  readonly text: string;
  /** Values for `$name` in the text. */
  readonly parameters?: JsonObject;
  /** Default 10. Without effect on the embedded engine, which cannot interrupt a query. */
  readonly timeoutSeconds?: number;
  /** Default 1000. */
  readonly maxRows?: number;
}

export interface CypherResult {
  readonly columns: readonly string[];
  /** Vertices and edges come as `{id, label, properties, …}`; ids beyond 2^53 as text. */
  readonly rows: readonly (readonly JsonValue[])[];
  /** Whether rows were left out by `maxRows`. */
  readonly truncated: boolean;
}

const MAX_TEXT = 20_000;
const MAX_HOPS = 10;
const TIMEOUT_STATE = '57014';

/**
 * Runs Cypher that people wrote. Nothing it does can change the graph: a guard reads it first, it runs in a read-only
 * transaction, and that is always rolled back, because AGE 1.5 lets SET and DELETE through read-only transactions.
 */
export class CypherReader {
  constructor(
    private readonly database: Database,
    private readonly model: GraphModel,
  ) {}

  /** @throws DomainError `cypher_refused`, `cypher_failed`, `cypher_timeout` */
  async query({ text, parameters = {}, timeoutSeconds = 10, maxRows = 1000 }: CypherQuery): Promise<CypherResult> {
    if (text.length > MAX_TEXT) throw refused(`A query has at most ${MAX_TEXT} characters.`);
    assertSafeJson(parameters);
    assertSafeJson(text);
    const hidden = hiddenProperties(this.model);
    const bare = text.trim().replace(/;$/, '');
    const tokens = tokenize(bare);
    assertReadOnly(tokens, { hiddenProperties: hidden, maxHops: MAX_HOPS });
    const columns = returnedColumns(bare, tokens);
    const statement = wrap(withoutComments(tokens), columns.length, maxRows + 1);
    const rows = await this.run(statement, JSON.stringify(parameters), timeoutSeconds);
    return {
      columns,
      rows: rows.slice(0, maxRows).map((row) => row.map((value) => withoutHidden(decodeAgtype(value), hidden))),
      truncated: rows.length > maxRows,
    };
  }

  private async run(statement: string, parameters: string, timeoutSeconds: number): Promise<(string | null)[][]> {
    // Throws inside a transaction, where waiting for another connection could last for ever.
    void this.database.kysely;
    const client = await this.database.pool.connect();
    try {
      return await readOnly(client, timeoutSeconds, () => execute(client, statement, parameters));
    } catch (error) {
      if (isUnreachable(error) && sqlState(error) !== TIMEOUT_STATE) throw error;
      if (sqlState(error) === TIMEOUT_STATE) throw timedOut(timeoutSeconds, error);
      throw failed(errorMessage(error), error);
    } finally {
      client.release();
    }
  }
}

async function readOnly<Result>(
  client: PoolClient,
  timeoutSeconds: number,
  work: () => Promise<Result>,
): Promise<Result> {
  await client.query('begin read only');
  try {
    // What AGE makes of Cypher names its operators without their schema.
    await client.query(
      `select set_config('statement_timeout', $1, true), set_config('search_path', 'public, ag_catalog', true)`,
      [String(timeoutSeconds * 1000)],
    );
    return await work();
  } finally {
    await client.query('rollback');
  }
}

async function execute(client: PoolClient, statement: string, parameters: string): Promise<(string | null)[][]> {
  const run = () => client.query<(string | null)[]>({ text: statement, values: [parameters], rowMode: 'array' });
  await client.query('savepoint before_query');
  try {
    return (await run()).rows;
  } catch (error) {
    // The library is loaded per session; a server may do it for us, and the embedded engine does after each start.
    if (!errorMessage(error).includes('unhandled cypher(cstring) function call')) throw error;
    await client.query('rollback to savepoint before_query');
    await client.query(`load 'age'`);
    return (await run()).rows;
  }
}

// Parameters always travel: with them the driver uses the extended protocol, which refuses a second statement.
function wrap(text: string, columnCount: number, limit: number): string {
  const tag = `$q_${randomBytes(12).toString('hex')}$`;
  const names = Array.from({ length: columnCount }, (_, index) => `c${index}`);
  return `select ${names.map((name) => `ag_catalog.agtype_out(${name})::text`).join(', ')}
    from ag_catalog.cypher('imbi', ${tag} ${text} ${tag}, $1)
    as (${names.map((name) => `${name} ag_catalog.agtype`).join(', ')}) limit ${Math.trunc(limit)}`;
}

function hiddenProperties(model: GraphModel): ReadonlySet<string> {
  const names = [...model.vertices, ...model.edges].flatMap((definition) =>
    Object.entries(definition.properties)
      .filter(([, declared]) => declared.hidden)
      .map(([name]) => name),
  );
  return new Set(names);
}

function withoutHidden(value: JsonValue, hidden: ReadonlySet<string>): JsonValue {
  if (Array.isArray(value)) return value.map((item) => withoutHidden(item, hidden));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !hidden.has(name))
      .map(([name, inner]) => [name, withoutHidden(inner, hidden)]),
  );
}
