import { Injectable } from '@nestjs/common';
import { isDomainError } from '#libs/common';
import { PasswordHasher } from '#libs/crypto';
import { Database, type Transaction } from '#libs/database';
import { Graph } from '#libs/graph';
import { recordAudit } from '../audit/audit.js';
import { invalidCredentials } from '../auth-problems.js';
import { type CheckedFactor, SecondFactors } from '../mfa/second-factors.service.js';
import { emailKey, User } from '../model/identity.vertex.js';
import { actAs } from '../principal/auth-context.js';
import type { Client } from '../session/client.js';
import { type OpenedSession, SessionsService } from '../session/sessions.service.js';
import { type LoginCandidate, UsersRepository } from '../user/users.repository.js';
import { LoginThrottle } from './login-throttle.js';

export interface Credentials {
  readonly email: string;
  readonly password: string;
  /** Of the authenticator app, or a backup code; needed where the account has a second factor. */
  readonly mfaCode?: string;
}

interface Attempt {
  readonly account: string;
  readonly candidate: LoginCandidate | undefined;
  readonly client: Client;
  readonly now: Date;
}

/** Sign-in with e-mail and password, and a second factor where the account has one. */
@Injectable()
export class LoginService {
  constructor(
    private readonly database: Database,
    private readonly graph: Graph,
    private readonly users: UsersRepository,
    private readonly sessions: SessionsService,
    private readonly hasher: PasswordHasher,
    private readonly throttle: LoginThrottle,
    private readonly factors: SecondFactors,
  ) {}

  /**
   * Opens a session. An unknown, inactive or password-less account costs the same statements and the same one hash as a
   * wrong password, and is answered the same.
   * @throws DomainError `invalid_credentials`, `mfa_required`, `mfa_invalid`, `login_throttled`, `password_hashing_busy`
   */
  async login({ email, password, mfaCode }: Credentials, client: Client, now = new Date()): Promise<OpenedSession> {
    const account = emailKey(email);
    await this.throttle.assertAllowed(account, client.ip);
    const candidate = await this.users.findCandidate(account);
    const proven = await this.prove(candidate, password);
    const factor = proven && (await this.proveFactor(proven.id, mfaCode, { account, candidate, client, now }));
    const opened = proven && factor && (await this.open({ ...proven, factor }, password, client, now));
    if (!opened) {
      await this.refuse(account, candidate, client);
      throw invalidCredentials();
    }
    await this.throttle.succeeded(account, client.ip);
    return opened;
  }

  private async prove(candidate: LoginCandidate | undefined, password: string) {
    const hash = candidate?.isActive ? candidate.passwordHash : null;
    if (!candidate || hash === null) {
      await this.hasher.dummyVerify(password);
      return undefined;
    }
    return (await this.hasher.verify(password, hash)) ? { id: candidate.id, hash } : undefined;
  }

  private async open(
    { id, hash, factor }: { id: string; hash: string; factor: CheckedFactor },
    password: string,
    client: Client,
    now: Date,
  ): Promise<OpenedSession | undefined> {
    const stronger = this.hasher.needsRehash(hash) ? await this.hasher.hash(password) : undefined;
    return this.database.transaction(async (tx) => {
      const graph = this.graph.in(tx);
      // The lock makes parallel sign-ins count each other's sessions. And while the hash was computed the account may
      // have been switched off or given another password.
      const user = await graph.lock(User, id);
      if (!user?.is_active || (await graph.reveal(User, id, 'password_hash')) !== hash) return undefined;
      actAs({ kind: 'user', id, name: user.display_name });
      await this.factors.spend(graph, id, factor, now);
      await graph.patch(User, id, {
        set: { last_login_at: now.toISOString(), ...(stronger ? { password_hash: stronger } : {}) },
      });
      const hasSecondFactor = factor.kind !== 'none';
      const opened = await this.sessions.open(tx, id, { ...client, hasSecondFactor }, now);
      recordAudit(tx, {
        action: 'auth.login',
        outcome: 'success',
        resourceKind: 'User',
        resourceId: id,
        credentialId: opened.sessionId,
        detail: { second_factor: factor.kind },
      });
      return opened;
    });
  }

  /** Wrong codes count as failed sign-ins do; that a code is needed is told only to who knows the password. */
  private async proveFactor(
    userId: string,
    code: string | undefined,
    { account, candidate, client, now }: Attempt,
  ): Promise<CheckedFactor> {
    try {
      return await this.factors.check(userId, code, now);
    } catch (error) {
      if (isDomainError(error) && error.code === 'mfa_invalid') {
        await this.refuse(account, candidate, client, 'wrong_code');
      }
      throw error;
    }
  }

  private async refuse(
    account: string,
    candidate: LoginCandidate | undefined,
    client: Client,
    reason?: string,
  ): Promise<void> {
    await this.throttle.failed(account, client.ip);
    await this.database.transaction(async (tx) => recordFailure(tx, candidate, reason));
  }
}

// The e-mail that was typed is not recorded where no account has it: people type passwords into the wrong field.
function recordFailure(tx: Transaction, candidate: LoginCandidate | undefined, known?: string): void {
  const reason = known ?? (!candidate ? 'unknown_account' : candidate.isActive ? 'wrong_password' : 'inactive_account');
  recordAudit(tx, {
    action: 'auth.login',
    outcome: 'failure',
    resourceKind: 'User',
    resourceId: candidate?.id,
    reason,
  });
}
