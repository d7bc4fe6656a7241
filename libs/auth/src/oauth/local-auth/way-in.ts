import { sql } from 'kysely';
import type { Database, Transaction } from '#libs/database';
import { col, encode, equal, type GraphTransaction, idOf, tableOf } from '#libs/graph';
import { recordAudit } from '../../audit/audit.js';
import { User } from '../../model/identity.vertex.js';
import { OAuthIdentity, OAuthProvider } from '../model/oauth.vertex.js';
import { oauthProblem } from '../oauth-problems.js';

/** Whether users may sign in with a password; `isLocking` keeps it so until the transaction ends. */
export async function readLocalAuth(on: Database | Transaction, isLocking = false): Promise<boolean> {
  const { rows } = await sql<{ enabled: boolean }>`
    select enabled from imbi_system.local_auth ${isLocking ? sql`for update` : sql``}
  `.execute(on.kysely);
  return rows[0]?.enabled ?? true;
}

/**
 * To be asked last in a transaction that takes a way in away: the password, a provider, an identity, an administrator.
 * @throws DomainError `local_auth_needed` where no administrator could sign in any more
 */
export async function assertSomebodyGetsIn(tx: GraphTransaction): Promise<void> {
  // Locked: of two who each take away what the other one counts on, the second sees what the first has done.
  if (await readLocalAuth(tx.transaction, true)) return;
  if (!(await hasAdministratorByProvider(tx))) throw oauthProblem('local_auth_needed');
}

/**
 * Switches passwords on, where nobody can sign in to do so: for the command line, whoever may run it.
 * @returns whether they were off
 */
export async function switchLocalAuthOn(database: Database): Promise<boolean> {
  return database.transaction(async (tx) => {
    const { rows } = await sql`
      update imbi_system.local_auth set enabled = true, changed_at = now() where not enabled returning 1
    `.execute(tx.kysely);
    if (rows.length > 0) recordAudit(tx, { action: 'auth.local.enable', outcome: 'success' });
    return rows.length > 0;
  });
}

async function hasAdministratorByProvider(tx: GraphTransaction): Promise<boolean> {
  const { rows } = await sql`
    select 1 from ${tableOf(OAuthIdentity)} i
    join ${tableOf(OAuthProvider)} p on ${equal(idOf('p'), col(OAuthIdentity, 'provider_id', 'i'))}
    join ${tableOf(User)} u on ${equal(idOf('u'), col(OAuthIdentity, 'user_id', 'i'))}
    where ${equal(col(OAuthProvider, 'enabled', 'p'), encode(true))}
      and ${equal(col(User, 'is_admin', 'u'), encode(true))} and ${equal(col(User, 'is_active', 'u'), encode(true))}
      and ${col(OAuthIdentity, 'last_signed_in_at', 'i')} is not null
    limit 1
  `.execute(tx.transaction.kysely);
  return rows.length > 0;
}
