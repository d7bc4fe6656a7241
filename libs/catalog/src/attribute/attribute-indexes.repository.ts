import { type CompiledQuery, sql } from 'kysely';
import type { Database } from '#libs/database';
import {
  createMemberIndex,
  dropMemberIndex,
  memberIndexName,
  type Sql,
  type StoredMemberIndex,
  storedMemberIndexes,
  tableOf,
} from '#libs/graph';
import { Project } from '../model/project.vertex.js';
import { attributeIndex } from './attribute-index.js';
import { WORTH_AN_INDEX } from './index-choice.js';

// Any number will do as long as every process takes the same one.
const LOCK_KEY = 4_624_731;

type Send = <Row>(statement: Sql<Row>) => Promise<Row[]>;

/** The attributes that are to have an index, the most important first. */
export type IndexChoice = (state: {
  readonly present: readonly string[];
  readonly isLarge: boolean;
}) => readonly string[];

/** The indexes over attributes of projects, which come and go with blueprints and use. */
export class AttributeIndexesRepository {
  constructor(private readonly database: Database) {}

  /**
   * Makes the indexes of the attributes that are chosen and drops all others, one at a time; undefined where another process is at it.
   * Writers go on meanwhile, except on the embedded engine, which does one thing at a time anyway.
   */
  async reconcile(choose: IndexChoice): Promise<{ made: string[]; dropped: string[] } | undefined> {
    const client = await this.database.pool.connect();
    const compile = <Row>(statement: Sql<Row>): CompiledQuery<Row> => statement.compile(this.database.kysely);
    const send: Send = async (statement) => {
      const { sql: text, parameters } = compile(statement);
      return (await client.query(text, [...parameters])).rows;
    };
    try {
      const { rows } = await client.query('select pg_try_advisory_lock($1) as held', [LOCK_KEY]);
      if (!rows[0]?.held) return undefined;
      try {
        // To build an index takes as long as it takes.
        await client.query('set statement_timeout = 0');
        return await this.bring(send, choose);
      } finally {
        await client.query('reset statement_timeout');
        await client.query('select pg_advisory_unlock($1)', [LOCK_KEY]);
      }
    } finally {
      client.release();
    }
  }

  private async bring(send: Send, choose: IndexChoice): Promise<{ made: string[]; dropped: string[] }> {
    // The embedded engine cannot wait for transactions of others, and has none.
    const options = { concurrently: !this.database.embedded };
    const stored = await send(storedMemberIndexes(Project));
    const some = sql<{ id: string }>`select 1 as id from ${tableOf(Project)} limit ${WORTH_AN_INDEX}`;
    const isLarge = (await send(some)).length === WORTH_AN_INDEX;
    const names = choose({ present: stored.map(({ member }) => member), isLarge });
    const wanted = new Map(names.map((name) => [memberIndexName(attributeIndex(name)), name]));
    const useless = stored.filter(({ name, valid }) => !valid || !wanted.has(name));
    for (const { name } of useless) await send(dropMemberIndex(name, options));
    const missing = [...wanted].filter(([name]) => !isThere(stored, name)).map(([, attribute]) => attribute);
    for (const attribute of missing) {
      for (const statement of createMemberIndex(attributeIndex(attribute), options)) await send(statement);
    }
    return { made: missing, dropped: useless.filter(({ name }) => !wanted.has(name)).map(({ member }) => member) };
  }
}

function isThere(stored: readonly StoredMemberIndex[], name: string): boolean {
  return stored.some((index) => index.name === name && index.valid);
}
