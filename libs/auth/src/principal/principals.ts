import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '#libs/config';
import { AuthContext } from './auth-context.js';
import { type PrincipalRow, PrincipalsReadModel } from './principals.read-model.js';

export interface PrincipalRequest {
  readonly sessionId: string;
  readonly userId: string;
  /** Slug of the organization in the URL. */
  readonly organization?: string;
}

interface KnownPermissions {
  readonly version: string;
  readonly organizationId: string | null;
  readonly permissions: ReadonlySet<string>;
}

const MAX_KNOWN = 10_000;
const NONE: ReadonlySet<string> = new Set();

/**
 * Who a session's user is and what they may do, as of now. Each call asks the database, by one statement, whether the
 * session and the user are alive; permission sets are kept under the version that the same statement returns, which
 * every change of roles, groups and grants raises. So nothing that was revoked is ever granted from memory.
 */
@Injectable()
export class Principals {
  private readonly known = new Map<string, KnownPermissions>();

  constructor(
    private readonly readModel: PrincipalsReadModel,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Undefined where the session has ended or the user is gone or switched off. */
  async resolve(request: PrincipalRequest, now = new Date()): Promise<AuthContext | undefined> {
    const { sessionId, userId } = request;
    const organization = request.organization ?? null;
    const key = `${userId} ${organization ?? ''}`;
    const known = this.known.get(key);
    const row = await this.readModel.find({ sessionId, userId, organization, known });
    if (!row?.is_active || !isAlive(row, this.config.auth.sessionIdleTtl, now)) return undefined;
    const permissions = row.is_admin ? NONE : this.remember(key, row, known);
    const user = { id: userId, email: row.email, displayName: row.display_name, isAdmin: row.is_admin };
    return new AuthContext(user, sessionId, row.organization_id ?? undefined, permissions);
  }

  private remember(key: string, row: PrincipalRow, known: KnownPermissions | undefined): ReadonlySet<string> {
    const permissions = row.permissions ? new Set(row.permissions) : (known?.permissions ?? NONE);
    this.known.delete(key);
    // Put back at the end: a Map keeps the order of insertion, so its first entry is the one used longest ago.
    this.known.set(key, { version: row.version, organizationId: row.organization_id, permissions });
    if (this.known.size > MAX_KNOWN) {
      const [oldest] = this.known.keys();
      if (oldest !== undefined) this.known.delete(oldest);
    }
    return permissions;
  }
}

/** Whether a session may still be used: not ended, not over its absolute time, not idle for too long. */
export function isAlive(
  session: Pick<PrincipalRow, 'expires_at' | 'last_seen_at' | 'ended_at'>,
  idleSeconds: number,
  now: Date,
): boolean {
  if (session.ended_at !== null || Date.parse(session.expires_at) <= now.getTime()) return false;
  return Date.parse(session.last_seen_at) + idleSeconds * 1000 > now.getTime();
}
