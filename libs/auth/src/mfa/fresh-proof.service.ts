import { Inject, Injectable } from '@nestjs/common';
import { DomainError, isDomainError } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { PasswordHasher } from '#libs/crypto';
import { Graph, type GraphTransaction } from '#libs/graph';
import { recordAudit } from '../audit/audit.js';
import { unauthenticated } from '../auth-problems.js';
import { LoginThrottle } from '../login/login-throttle.js';
import { emailKey } from '../model/identity.vertex.js';
import { Session } from '../model/session.vertex.js';
import { currentAuth } from '../principal/auth-context.js';
import { currentClient } from '../session/client.js';
import { UsersRepository } from '../user/users.repository.js';
import { freshProofRequired } from './mfa-problems.js';
import { type CheckedFactor, SecondFactors } from './second-factors.service.js';

/** How a caller proves, once more, to be who the session says. */
export interface Proof {
  readonly password?: string;
  readonly mfaCode?: string;
}

/** A proof that was found good; a code in it is spent by {@link FreshProof.spend}. */
export interface CheckedProof {
  readonly userId: string;
  readonly factor?: CheckedFactor;
}

/**
 * Stands before what a stolen session must not do: it asks for the password or a second factor, unless the user signed
 * in only just now.
 */
@Injectable()
export class FreshProof {
  constructor(
    private readonly graph: Graph,
    private readonly users: UsersRepository,
    private readonly hasher: PasswordHasher,
    private readonly throttle: LoginThrottle,
    private readonly factors: SecondFactors,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Call it before the transaction: it may compute a hash.
   * @throws DomainError `interactive_session_required`, `fresh_proof_required`, `fresh_proof_wrong`, `login_throttled`
   */
  async check({ password, mfaCode }: Proof, now = new Date()): Promise<CheckedProof> {
    const auth = currentAuth();
    if (!auth) throw unauthenticated();
    const { id: userId, email } = auth.user;
    if (password === undefined && mfaCode === undefined) {
      if (await this.isFresh(auth.sessionId, now)) return { userId };
      throw freshProofRequired();
    }
    const account = emailKey(email);
    const { ip } = currentClient();
    await this.throttle.assertAllowed(account, ip);
    const factor = await this.prove(userId, account, { password, mfaCode }, now);
    if (factor === undefined) {
      await this.throttle.failed(account, ip);
      await this.recordFailure(userId);
      throw wrong();
    }
    await this.throttle.succeeded(account, ip);
    return { userId, factor: factor.kind === 'none' ? undefined : factor };
  }

  /** Whether the caller signed in only just now: then nothing more is asked for. */
  async isRecent(now = new Date()): Promise<boolean> {
    const auth = currentAuth();
    return auth?.credential.kind === 'session' && this.isFresh(auth.sessionId, now);
  }

  /** Uses up the code of the proof, where it had one. The caller must hold the lock on the user. */
  async spend(tx: GraphTransaction, { userId, factor }: CheckedProof): Promise<void> {
    if (factor) await this.factors.spend(tx, userId, factor);
  }

  private async prove(
    userId: string,
    account: string,
    { password, mfaCode }: Proof,
    now: Date,
  ): Promise<CheckedFactor | undefined> {
    if (password !== undefined) {
      const hash = (await this.users.findCandidate(account))?.passwordHash;
      return typeof hash === 'string' && (await this.hasher.verify(password, hash)) ? { kind: 'none' } : undefined;
    }
    try {
      const factor = await this.factors.check(userId, mfaCode, now);
      return factor.kind === 'none' ? undefined : factor;
    } catch (error) {
      if (isDomainError(error) && error.code === 'mfa_invalid') return undefined;
      throw error;
    }
  }

  private async isFresh(sessionId: string, now: Date): Promise<boolean> {
    const session = await this.graph.read.find(Session, { id: sessionId });
    return (
      session !== undefined && Date.parse(session.created_at) + this.config.mfa.freshProofTtl * 1000 > now.getTime()
    );
  }

  private async recordFailure(userId: string): Promise<void> {
    await this.graph.transaction(async (tx) =>
      recordAudit(tx.transaction, {
        action: 'auth.proof',
        outcome: 'failure',
        resourceKind: 'User',
        resourceId: userId,
        reason: 'wrong_proof',
      }),
    );
  }
}

// Not 401: the session is good, and clients would try to renew it.
function wrong(): DomainError {
  return new DomainError('fresh_proof_wrong', 'forbidden', 'The password or the code is wrong.');
}
