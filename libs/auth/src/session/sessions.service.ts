import { Inject, Injectable } from '@nestjs/common';
import { newId, notFound } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { Database, type Transaction } from '#libs/database';
import { defineEvent, emit } from '#libs/queue';
import { recordAudit } from '../audit/audit.js';
import { isAlive } from '../principal/principals.js';
import type { Client } from './client.js';
import { KnownDevices } from './known-devices.repository.js';
import { RefreshTokenCodec } from './refresh-token-codec.js';
import {
  type EndReason,
  type SessionPageRequest,
  SessionsRepository,
  type SessionVertex,
} from './sessions.repository.js';

/** Emitted when a user who signed in before does so from a device that was not seen yet. */
const newDevice = defineEvent<{ user_id: string; session_id: string; ip: string; user_agent: string }>(
  'session.new_device',
);

/** A session just opened, with the one and only copy of its refresh token. */
export interface OpenedSession {
  readonly sessionId: string;
  readonly userId: string;
  readonly refreshToken: string;
  readonly refreshExpiresAt: Date;
}

/** Opens, lists and ends sessions. What each request asks of a session is in {@link Principals}. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly database: Database,
    private readonly repository: SessionsRepository,
    private readonly codec: RefreshTokenCodec,
    private readonly devices: KnownDevices,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Opens a session; where the user has as many as they may have, the oldest end. The caller must hold the lock on the
   * user, so that parallel sign-ins count each other.
   */
  async open(
    tx: Transaction,
    userId: string,
    client: Client & { readonly hasSecondFactor?: boolean },
    now: Date,
  ): Promise<OpenedSession> {
    const { maxConcurrentSessions, sessionTtl } = this.config.auth;
    const alive = (await this.repository.listOpen(userId, tx)).filter((session) => this.isAlive(session, now));
    const surplus = alive.slice(0, Math.max(0, alive.length - maxConcurrentSessions + 1));
    for (const session of surplus) await this.endOne(tx, session, 'limit', now);
    const expiresAt = new Date(now.getTime() + sessionTtl * 1000);
    const session = await this.repository.insertSession(tx, {
      user_id: userId,
      device_label: client.deviceLabel,
      ip: client.ip,
      user_agent: client.userAgent,
      last_seen_at: now.toISOString(),
      expires_at: expiresAt.toISOString(),
      mfa_at: client.hasSecondFactor ? now.toISOString() : null,
    });
    if (await this.devices.isNew(tx, userId, client)) this.announce(tx, session, client);
    const refreshToken = this.codec.first();
    await this.repository.insertToken(tx, userId, {
      jti: newId(),
      family: newId(),
      session_id: session.id,
      token_hash: this.codec.digest(refreshToken),
      salt: this.codec.salt(),
      expires_at: session.expires_at,
    });
    return { sessionId: session.id, userId, refreshToken, refreshExpiresAt: expiresAt };
  }

  /** A page of the sessions of a user that are alive; `total` only where it was asked for. */
  async page(userId: string, request: SessionPageRequest, now = new Date()) {
    const idleSince = new Date(now.getTime() - this.config.auth.sessionIdleTtl * 1000);
    return this.repository.listAlive(userId, { now, idleSince }, request);
  }

  /** Ends one session of a user. @throws DomainError `not_found` where the user has no such session alive */
  async end(userId: string, sessionId: string, reason: EndReason, now = new Date()): Promise<void> {
    await this.database.transaction(async (tx) => {
      const session = await this.repository.lockSession(tx, sessionId);
      if (!session || session.user_id !== userId || !this.isAlive(session, now)) throw notFound('The session');
      await this.endOne(tx, session, reason, now);
    });
  }

  /** Ends every session of a user, but for the one that `except` names; returns how many. */
  async endAll(userId: string, reason: EndReason, except?: string, now = new Date()): Promise<number> {
    return this.database.transaction((tx) => this.endAllIn(tx, userId, reason, except, now));
  }

  /** {@link endAll} inside a transaction that belongs to something larger: a new password, a switched-off user. */
  async endAllIn(
    tx: Transaction,
    userId: string,
    reason: EndReason,
    except?: string,
    now = new Date(),
  ): Promise<number> {
    const open = await this.repository.listOpen(userId, tx);
    const ending = open.filter((session) => session.id !== except);
    for (const session of ending) await this.endOne(tx, session, reason, now);
    return ending.length;
  }

  /** Ends what is open, then removes every session of a user with its tokens: for a user who is deleted. */
  async removeAllIn(tx: Transaction, userId: string): Promise<void> {
    await this.endAllIn(tx, userId, 'revoked');
    await this.repository.removeSessions(tx, userId);
    await this.devices.forgetUser(tx, userId);
  }

  /** Ends a session inside a transaction, with its audit event. */
  async endOne(tx: Transaction, session: SessionVertex, reason: EndReason, now: Date): Promise<void> {
    await this.repository.endSession(tx, session.id, reason, now);
    recordAudit(tx, {
      action: 'auth.session.end',
      outcome: 'success',
      resourceKind: 'Session',
      resourceId: session.id,
      reason,
      detail: { user_id: session.user_id },
    });
  }

  private announce(tx: Transaction, { id, user_id }: SessionVertex, { ip, userAgent }: Client): void {
    emit(tx, newDevice, { user_id, session_id: id, ip, user_agent: userAgent });
    recordAudit(tx, {
      action: 'auth.session.new_device',
      outcome: 'success',
      resourceKind: 'User',
      resourceId: user_id,
      credentialId: id,
    });
  }

  isAlive(session: SessionVertex, now: Date): boolean {
    return isAlive(session, this.config.auth.sessionIdleTtl, now);
  }
}
