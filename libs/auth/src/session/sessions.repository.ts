import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import type { Transaction } from '#libs/database';
import {
  anyOf,
  col,
  decodeMap,
  decodeVertex,
  edgeTo,
  encodeList,
  equal,
  FixedStatement,
  Graph,
  type GraphReader,
  type InsertOf,
  idOf,
  type KeysetPosition,
  propertiesOf,
  tableOf,
  textOf,
  type VertexOf,
} from '#libs/graph';
import { User } from '../model/identity.vertex.js';
import { IssuedTo, RefreshToken, Session, SessionFor } from '../model/session.vertex.js';
import { type Client, clientDigest } from './client.js';

export type SessionVertex = VertexOf<typeof Session>;
export type EndReason = NonNullable<SessionVertex['end_reason']>;

/** A refresh token with what reads do not return: the parts that must not leave this feature. */
export interface StoredRefreshToken {
  readonly id: string;
  readonly family: string;
  readonly sessionId: string;
  readonly salt: string;
  readonly expiresAt: string;
  readonly spentAt: string | null;
  readonly spentBy: string | null;
}

/** A refresh token that somebody brought, with its session and whose they are. */
export interface PresentedToken {
  readonly token: StoredRefreshToken;
  readonly session: SessionVertex;
  readonly user: VertexOf<typeof User>;
}

/** What there is to store when a refresh token is exchanged for its successor. */
export interface Exchange {
  readonly token: StoredRefreshToken;
  readonly session: SessionVertex;
  readonly successor: InsertOf<typeof RefreshToken>;
  readonly client: Client;
  readonly now: Date;
}

export interface SessionPageRequest {
  readonly direction: 'asc' | 'desc';
  readonly after?: KeysetPosition;
  readonly limit: number;
  readonly count: boolean;
}

/** Sessions of one user that have not been ended; more than anybody may have. */
const MAX_SESSIONS = 1000;

@Injectable()
export class SessionsRepository {
  constructor(private readonly graph: Graph) {}

  async insertSession(tx: Transaction, session: InsertOf<typeof Session>): Promise<SessionVertex> {
    return this.graph.in(tx).together((batch) => batch.insert(Session, session, [edgeTo(SessionFor, session.user_id)]));
  }

  async lockSession(tx: Transaction, id: string): Promise<SessionVertex | undefined> {
    return this.graph.in(tx).lock(Session, id);
  }

  /** Not ended sessions of a user, the oldest first; some of them may be over their time. */
  async listOpen(userId: string, tx?: Transaction): Promise<readonly SessionVertex[]> {
    const reader: GraphReader = tx ? this.graph.in(tx) : this.graph.read;
    const { items } = await reader.list(Session, {
      where: { user_id: userId, ended_at: null },
      order: [['created_at', 'asc']],
      limit: MAX_SESSIONS,
    });
    return items;
  }

  /** A page of the sessions of a user that are alive at `now`, in the order they were opened or its reverse. */
  async listAlive(
    userId: string,
    alive: { readonly now: Date; readonly idleSince: Date },
    page: SessionPageRequest,
  ): Promise<{ items: readonly SessionVertex[]; total?: number }> {
    const where = {
      user_id: userId,
      ended_at: null,
      expires_at: { gt: alive.now.toISOString() },
      last_seen_at: { gt: alive.idleSince.toISOString() },
    };
    const { direction, after, limit } = page;
    const { items } = await this.graph.read.list(Session, { where, order: [['created_at', direction]], after, limit });
    return { items, total: page.count ? await this.graph.read.count(Session, where) : undefined };
  }

  async endSession(tx: Transaction, id: string, reason: EndReason, now: Date): Promise<void> {
    await this.graph.in(tx).patch(Session, id, { set: { ended_at: now.toISOString(), end_reason: reason } });
  }

  /** Removes all sessions of a user, ended ones too, and their tokens. */
  async removeSessions(tx: Transaction, userId: string): Promise<void> {
    const graph = this.graph.in(tx);
    for (;;) {
      const { items } = await graph.list(Session, { where: { user_id: userId }, limit: MAX_SESSIONS });
      if (items.length === 0) return;
      const ids = items.map((session) => session.id);
      await this.removeTokens(tx, ids);
      await graph.removeMany(Session, ids);
    }
  }

  private async removeTokens(tx: Transaction, sessionIds: readonly string[]): Promise<void> {
    const { rows } = await sql<{ id: string }>`
      select ${textOf(idOf('t'))} as id from ${tableOf(RefreshToken)} t
      where ${anyOf(col(RefreshToken, 'session_id', 't'), encodeList(sessionIds))}
    `.execute(tx.kysely);
    await this.graph.in(tx).removeMany(
      RefreshToken,
      rows.map((row) => row.id),
    );
  }

  async insertToken(tx: Transaction, userId: string, token: InsertOf<typeof RefreshToken>): Promise<void> {
    await this.graph.in(tx).together((batch) => batch.insert(RefreshToken, token, [edgeTo(IssuedTo, userId)]));
  }

  /** Spends a token, stores its successor, and notes who used the session: one statement. */
  async exchangeToken(tx: Transaction, { token, session, successor, client, now }: Exchange): Promise<void> {
    const at = now.toISOString();
    await this.graph.in(tx).together((batch) =>
      Promise.all([
        batch.patch(RefreshToken, token.id, { set: { spent_at: at, spent_by: clientDigest(client) } }),
        batch.insert(RefreshToken, successor, [edgeTo(IssuedTo, session.user_id)]),
        batch.patch(Session, session.id, {
          set: { last_seen_at: at, ip: client.ip, user_agent: client.userAgent },
        }),
      ]),
    );
  }

  /** The token of a digest and what it is for; token and session are kept from others until the transaction ends. */
  async lockToken(tx: Transaction, digest: string): Promise<PresentedToken | undefined> {
    const [row] = await this.graph.in(tx).run(LOCK_TOKEN.with({ digest }));
    if (!row) return undefined;
    return {
      token: toStoredToken(row.token),
      session: decodeVertex(Session, decodeMap(row.session)),
      user: decodeVertex(User, decodeMap(row.user)),
    };
  }

  /** Which of the digests belongs to a token of the family that has not been spent. */
  async findUnspent(tx: Transaction, family: string, digests: readonly string[]): Promise<string | undefined> {
    const [row] = await this.graph.in(tx).run(FIND_UNSPENT.with({ family, digests: [...digests] }));
    return row && String(decodeMap(row.properties)['token_hash']);
  }
}

const LOCK_TOKEN = new FixedStatement<{ token: string; session: string; user: string }, 'digest'>(
  (value) => sql`
    select ${propertiesOf('t')} as token, ${propertiesOf('s')} as session, ${propertiesOf('u')} as "user"
    from ${tableOf(RefreshToken)} t
    join ${tableOf(Session)} s on ${equal(idOf('s'), col(RefreshToken, 'session_id', 't'))}
    join ${tableOf(User)} u on ${equal(idOf('u'), col(Session, 'user_id', 's'))}
    where ${equal(col(RefreshToken, 'token_hash', 't'), value('digest'))} for no key update of t, s`,
);

const FIND_UNSPENT = new FixedStatement<{ properties: string }, 'family' | 'digests'>(
  (value, list) => sql`
    select ${propertiesOf('t')} as properties from ${tableOf(RefreshToken)} t
    where ${anyOf(col(RefreshToken, 'token_hash', 't'), list('digests'))}
      and ${equal(col(RefreshToken, 'family', 't'), value('family'))}
      and ${col(RefreshToken, 'spent_at', 't')} is null`,
);

function toStoredToken(properties: string): StoredRefreshToken {
  const stored = decodeMap(properties);
  const text = (name: string) => (typeof stored[name] === 'string' ? stored[name] : null);
  return {
    id: text('id') ?? '',
    family: text('family') ?? '',
    sessionId: text('session_id') ?? '',
    salt: text('salt') ?? '',
    expiresAt: text('expires_at') ?? '',
    spentAt: text('spent_at'),
    spentBy: text('spent_by'),
  };
}
