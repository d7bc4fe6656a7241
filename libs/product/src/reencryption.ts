import { sql } from 'kysely';
import type { KeyRing } from '#libs/crypto';
import type { Database, Transaction } from '#libs/database';
import { col, encode, equal, type Graph, greater, idOf, tableOf, textOf, type VertexDefinition } from '#libs/graph';

/** How many values of one kind were looked at, and how many of them got the first key. */
export interface Reencrypted {
  readonly kind: string;
  readonly seen: number;
  readonly rewritten: number;
}

interface Reencryption {
  readonly graph: Graph;
  readonly database: Database;
  readonly keys: KeyRing;
  /** Rows to a transaction. */
  readonly pageSize?: number;
}

const PAGE = 200;

/**
 * Rewrites every stored value that is encrypted under another key than the ring's first, page by page, each in a
 * transaction of its own: it may be interrupted and run again, while servers work. Versions and histories stay as they
 * are, because nothing changes that a reader can see.
 * @throws FernetError where a value is under none of the ring's keys; what was rewritten before stays so
 */
export async function reencryptAll(reencryption: Reencryption): Promise<Reencrypted[]> {
  const done: Reencrypted[] = [await signingKeys(reencryption)];
  for (const definition of reencryption.graph.model.vertices) {
    for (const [name, property] of Object.entries(definition.properties)) {
      if (property.kind === 'encrypted') done.push(await vertices(reencryption, definition, name));
    }
  }
  return done;
}

async function signingKeys({ database, keys }: Reencryption): Promise<Reencrypted> {
  return database.transaction(async ({ kysely }) => {
    const { rows } = await sql<{ kid: string; private_jwk: string }>`
      select kid, private_jwk from imbi_system.signing_keys order by kid for update`.execute(kysely);
    let rewritten = 0;
    for (const { kid, private_jwk } of rows) {
      const value = keys.reencrypt(private_jwk);
      if (value === undefined) continue;
      await sql`update imbi_system.signing_keys set private_jwk = ${value} where kid = ${kid}`.execute(kysely);
      rewritten += 1;
    }
    return { kind: 'signing keys', seen: rows.length, rewritten };
  });
}

async function vertices(reencryption: Reencryption, definition: VertexDefinition, name: string): Promise<Reencrypted> {
  const { database, pageSize = PAGE } = reencryption;
  const counts = { seen: 0, rewritten: 0 };
  for (let after = ''; ; ) {
    const ids = await database.transaction((tx) => page(tx, reencryption, { definition, name, after, counts }));
    const last = ids.at(-1);
    if (last === undefined || ids.length < pageSize) break;
    after = last;
  }
  return { kind: `${definition.label}.${name}`, ...counts };
}

interface PageRequest {
  readonly definition: VertexDefinition;
  readonly name: string;
  /** The id of the last row of the page before. */
  readonly after: string;
  readonly counts: { seen: number; rewritten: number };
}

async function page(
  { kysely }: Transaction,
  { keys, pageSize = PAGE }: Reencryption,
  { definition, name, after, counts }: PageRequest,
): Promise<string[]> {
  const table = tableOf(definition);
  const { rows } = await sql<{ id: string; value: string | null }>`
    select ${textOf(idOf('v'))} as id, ${textOf(col(definition, name, 'v'))} as value from ${table} v
    where ${greater(idOf('v'), encode(after))}
    order by ${idOf('v')} limit ${pageSize} for no key update`.execute(kysely);
  let rewritten = 0;
  for (const { id, value } of rows) {
    const renewed = value === null ? undefined : keys.reencrypt(value);
    if (renewed === undefined) continue;
    await sql`update ${table} v set properties = v.properties operator(ag_catalog.||) ${encode({ [name]: renewed })}
      where ${equal(idOf('v'), encode(id))}`.execute(kysely);
    rewritten += 1;
  }
  counts.seen += rows.filter(({ value }) => value !== null).length;
  counts.rewritten += rewritten;
  return rows.map(({ id }) => id);
}
