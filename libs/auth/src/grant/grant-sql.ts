import { sql } from 'kysely';
import { col, type Sql, textOf } from '#libs/graph';
import { CanAccess, GRANT_ACTIONS, type GrantAction } from './grant.edge.js';

/** Whether the CAN_ACCESS row `alias` grants anything at `now`. Times are RFC 3339 texts of one length, so texts compare. */
export function isGrantAlive(alias: string, now: Date): Sql<boolean> {
  const expiry = col(CanAccess, 'expires_at', alias);
  return sql<boolean>`(${expiry} is null or ${textOf(expiry)} collate "C" > ${now.toISOString()})`;
}

/** The actions of a grant, from the JSON that SQL gives of them; in the order in which they are declared. */
export function actionsOf(json: string | null): GrantAction[] {
  const list: unknown = JSON.parse(json ?? '[]');
  return Array.isArray(list) ? GRANT_ACTIONS.filter((action) => list.includes(action)) : [];
}
