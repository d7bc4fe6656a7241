import { Inject, Injectable, Optional } from '@nestjs/common';
import { newId } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { timingSafeEqualText } from '#libs/crypto';
import { Database, type Transaction } from '#libs/database';
import { Metrics } from '#libs/http';
import { defineEvent, emit } from '#libs/queue';
import { recordAudit } from '../audit/audit.js';
import { invalidRefreshToken } from '../auth-problems.js';
import { actAs } from '../principal/auth-context.js';
import { type Client, clientDigest } from './client.js';
import { RefreshTokenCodec } from './refresh-token-codec.js';
import { SessionsRepository, type SessionVertex, type StoredRefreshToken } from './sessions.repository.js';
import { type OpenedSession, SessionsService } from './sessions.service.js';

/** Emitted when a spent refresh token came back and its session was ended. */
const tokenReused = defineEvent<{ user_id: string; session_id: string; ip: string; user_agent: string }>(
  'session.token_reused',
);

type Refusal = 'unknown' | 'session_ended' | 'expired' | 'user_inactive' | 'reused';
type Outcome =
  | { readonly kind: 'refreshed'; readonly session: OpenedSession }
  | { readonly kind: 'refused'; readonly reason: Refusal };

interface Presented {
  readonly text: string;
  readonly token: StoredRefreshToken;
  readonly session: SessionVertex;
  readonly client: Client;
  readonly now: Date;
}

/** Exchanges refresh tokens, each exactly once. */
@Injectable()
export class RefreshService {
  private readonly reuses: ReturnType<Metrics['counter']> | undefined;

  constructor(
    private readonly database: Database,
    private readonly repository: SessionsRepository,
    private readonly sessions: SessionsService,
    private readonly codec: RefreshTokenCodec,
    @Inject(CONFIG) private readonly config: Config,
    // Commands and tests do without.
    @Optional() metrics?: Metrics,
  ) {
    this.reuses = metrics?.counter({
      name: 'imbi_refresh_token_reuses_total',
      help: 'Sessions that were ended because a spent refresh token came back.',
    });
  }

  /**
   * Spends `refreshToken` for its successor. The client that spent it may ask again for a few seconds and is given the
   * same successor, for its answer may have been lost; anybody else who brings a spent token ends the session.
   * @throws DomainError `invalid_refresh_token` (unauthenticated)
   */
  async refresh(refreshToken: string, client: Client, now = new Date()): Promise<OpenedSession> {
    // A refusal is an outcome, not an error: what it writes (the ended session, the audit event) must be committed.
    const outcome = await this.database.transaction((tx) => this.exchange(tx, refreshToken, client, now));
    if (outcome.kind === 'refused') throw invalidRefreshToken();
    return outcome.session;
  }

  private async exchange(tx: Transaction, text: string, client: Client, now: Date): Promise<Outcome> {
    const found = await this.repository.lockToken(tx, this.codec.digest(text));
    if (!found) return refuse(tx, 'unknown');
    const { token, session, user } = found;
    if (!this.sessions.isAlive(session, now)) return refuse(tx, 'session_ended', session);
    if (Date.parse(token.expiresAt) <= now.getTime()) return refuse(tx, 'expired', session);
    if (!user.is_active) return refuse(tx, 'user_inactive', session);
    actAs({ kind: 'user', id: user.id, name: user.display_name });
    const presented = { text, token, session, client, now };
    return token.spentAt === null ? this.rotate(tx, presented) : this.replay(tx, presented, token.spentAt);
  }

  private async rotate(tx: Transaction, { text, token, session, client, now }: Presented): Promise<Outcome> {
    const refreshToken = this.codec.successor(text, token.salt);
    const successor = {
      jti: newId(),
      family: token.family,
      session_id: session.id,
      token_hash: this.codec.digest(refreshToken),
      salt: this.codec.salt(),
      expires_at: session.expires_at,
    };
    await this.repository.exchangeToken(tx, { token, session, successor, client, now });
    recordAudit(tx, { action: 'auth.refresh', outcome: 'success', ...about(session) });
    return refreshed(session, refreshToken);
  }

  private async replay(tx: Transaction, presented: Presented, spentAt: string): Promise<Outcome> {
    const { text, token, session, client, now } = presented;
    const isRecent = now.getTime() - Date.parse(spentAt) < this.config.auth.refreshReplayWindow * 1000;
    if (isRecent && token.spentBy !== null && timingSafeEqualText(token.spentBy, clientDigest(client))) {
      const candidates = this.codec.successors(text, token.salt);
      const unspent = await this.repository.findUnspent(
        tx,
        token.family,
        candidates.map((candidate) => this.codec.digest(candidate)),
      );
      const successor = candidates.find((candidate) => this.codec.digest(candidate) === unspent);
      if (successor !== undefined) {
        recordAudit(tx, { action: 'auth.refresh', outcome: 'success', reason: 'repeated', ...about(session) });
        return refreshed(session, successor);
      }
    }
    await this.sessions.endOne(tx, session, 'token_reuse', now);
    const { ip, userAgent: user_agent } = client;
    tx.afterCommit(() => this.reuses?.inc());
    emit(tx, tokenReused, { user_id: session.user_id, session_id: session.id, ip, user_agent });
    return refuse(tx, 'reused', session);
  }
}

function refreshed(session: SessionVertex, refreshToken: string): Outcome {
  const { id, user_id, expires_at } = session;
  return {
    kind: 'refreshed',
    session: { sessionId: id, userId: user_id, refreshToken, refreshExpiresAt: new Date(expires_at) },
  };
}

function refuse(tx: Transaction, reason: Refusal, session?: SessionVertex): Outcome {
  recordAudit(tx, { action: 'auth.refresh', outcome: 'failure', reason, ...(session ? about(session) : {}) });
  return { kind: 'refused', reason };
}

function about(session: SessionVertex) {
  return {
    resourceKind: 'User',
    resourceId: session.user_id,
    credentialId: session.id,
  };
}
