import { Injectable } from '@nestjs/common';
import { PasswordHasher } from '#libs/crypto';
import { Database, type Transaction } from '#libs/database';
import { Graph } from '#libs/graph';
import { recordAudit } from '../audit/audit.js';
import { invalidCredentials } from '../auth-problems.js';
import { emailKey, User } from '../model/identity.vertex.js';
import { actAs } from '../principal/auth-context.js';
import type { Client } from '../session/client.js';
import { type OpenedSession, SessionsService } from '../session/sessions.service.js';
import { type LoginCandidate, UsersRepository } from '../user/users.repository.js';
import { LoginThrottle } from './login-throttle.js';

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** Sign-in with e-mail and password. */
@Injectable()
export class LoginService {
  constructor(
    private readonly database: Database,
    private readonly graph: Graph,
    private readonly users: UsersRepository,
    private readonly sessions: SessionsService,
    private readonly hasher: PasswordHasher,
    private readonly throttle: LoginThrottle,
  ) {}

  /**
   * Opens a session. An unknown, inactive or password-less account costs the same statements and the same one hash as a
   * wrong password, and is answered the same.
   * @throws DomainError `invalid_credentials`, `login_throttled`, `password_hashing_busy`
   */
  async login({ email, password }: Credentials, client: Client, now = new Date()): Promise<OpenedSession> {
    const account = emailKey(email);
    await this.throttle.assertAllowed(account, client.ip);
    const candidate = await this.users.findCandidate(account);
    const proven = await this.prove(candidate, password);
    const opened = proven && (await this.open(proven, password, client, now));
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
    { id, hash }: { id: string; hash: string },
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
      await graph.patch(User, id, {
        set: { last_login_at: now.toISOString(), ...(stronger ? { password_hash: stronger } : {}) },
      });
      const opened = await this.sessions.open(tx, id, client, now);
      recordAudit(tx, {
        action: 'auth.login',
        outcome: 'success',
        resourceKind: 'User',
        resourceId: id,
        credentialId: opened.sessionId,
      });
      return opened;
    });
  }

  private async refuse(account: string, candidate: LoginCandidate | undefined, client: Client): Promise<void> {
    await this.throttle.failed(account, client.ip);
    await this.database.transaction(async (tx) => recordFailure(tx, candidate));
  }
}

// The e-mail that was typed is not recorded where no account has it: people type passwords into the wrong field.
function recordFailure(tx: Transaction, candidate: LoginCandidate | undefined): void {
  const reason = !candidate ? 'unknown_account' : candidate.isActive ? 'wrong_password' : 'inactive_account';
  recordAudit(tx, {
    action: 'auth.login',
    outcome: 'failure',
    resourceKind: 'User',
    resourceId: candidate?.id,
    reason,
  });
}
