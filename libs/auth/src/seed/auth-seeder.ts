import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { createLogger } from '#libs/common';
import { Database, type Transaction } from '#libs/database';
import {
  anyOf,
  encodeList,
  Graph,
  type GraphTransaction,
  idOf,
  namedCol,
  tableOf,
  textOf,
  type VertexDefinition,
} from '#libs/graph';
import { recordAudit } from '../audit/audit.js';
import { Grants } from '../model/identity.edge.js';
import { Permission, Role } from '../model/identity.vertex.js';
import type { PermissionDefinition } from '../permission/permissions.js';
import { type AuthSeed, authSeeds, seedName } from './auth-seeds.js';

const logger = createLogger('auth');

/** Sets up roles and permissions: each exactly once, so that an operator's edits and deletions stay. */
@Injectable()
export class AuthSeeder {
  constructor(
    private readonly database: Database,
    private readonly graph: Graph,
  ) {}

  /**
   * Applies the seeds that this installation has not had yet; returns their names. Safe to run on every boot and in
   * several processes at once.
   */
  async seed(permissions?: readonly PermissionDefinition[]): Promise<readonly string[]> {
    const seeds = authSeeds(permissions);
    const names = seeds.map(seedName);
    const { rows } = await sql<{ count: string }>`
      select count(*)::text as count from imbi_system.auth_seeds where name = any(${names}::text[])
    `.execute(this.database.kysely);
    if (rows[0]?.count === String(names.length)) return [];
    return this.database.transaction((tx) => this.apply(tx, seeds));
  }

  private async apply(tx: Transaction, seeds: readonly AuthSeed[]): Promise<readonly string[]> {
    const graph = this.graph.in(tx);
    const missing = await claim(tx, seeds);
    await graph.insertMany(Permission, missing.flatMap(toPermission), { onConflict: 'skip' });
    await graph.insertMany(Role, missing.flatMap(toRole), { onConflict: 'skip' });
    await connectGrants(
      graph,
      tx,
      missing.flatMap((seed) => (seed.kind === 'grant' ? [seed] : [])),
    );
    const names = missing.map(seedName);
    if (names.length === 0) return names;
    recordAudit(tx, { action: 'auth.seed', outcome: 'success', detail: { seeds: [...names] } });
    logger.info({ seeds: names.length }, 'roles and permissions set up');
    return names;
  }
}

// A second process that starts at the same moment waits here for the first one's commit, and then finds nothing to do.
async function claim(tx: Transaction, seeds: readonly AuthSeed[]): Promise<readonly AuthSeed[]> {
  const { rows } = await sql<{ name: string }>`
    insert into imbi_system.auth_seeds (name)
    select name from unnest(${seeds.map(seedName)}::text[]) as given (name) order by name
    on conflict do nothing returning name
  `.execute(tx.kysely);
  const claimed = new Set(rows.map((row) => row.name));
  return seeds.filter((seed) => claimed.has(seedName(seed)));
}

function toPermission(seed: AuthSeed) {
  if (seed.kind !== 'permission') return [];
  return [{ name: seed.permission.name, description: seed.permission.description }];
}

function toRole(seed: AuthSeed) {
  return seed.kind === 'role' ? [{ ...seed.role, is_system: true }] : [];
}

async function connectGrants(
  graph: GraphTransaction,
  tx: Transaction,
  grants: readonly { role: string; permission: string }[],
): Promise<void> {
  const roles = await idsOf(tx, Role, 'slug', [...new Set(grants.map((grant) => grant.role))]);
  const permissions = await idsOf(tx, Permission, 'name', [...new Set(grants.map((grant) => grant.permission))]);
  const edges = grants.flatMap((grant) => {
    const from = roles.get(grant.role);
    const to = permissions.get(grant.permission);
    // An operator deleted the one or the other: then there is nothing to join.
    return from && to ? [{ from, to }] : [];
  });
  await graph.connectMany(Grants, edges, { onConflict: 'skip' });
}

async function idsOf(
  tx: Transaction,
  definition: VertexDefinition,
  key: string,
  values: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ key: string; id: string }>`
    select ${textOf(namedCol(definition, key, 'v'))} as key, ${textOf(idOf('v'))} as id
    from ${tableOf(definition)} v where ${anyOf(namedCol(definition, key, 'v'), encodeList(values))}
  `.execute(tx.kysely);
  return new Map(rows.map((row) => [row.key, row.id]));
}
