import { Injectable } from '@nestjs/common';
import { invalid } from '#libs/common';
import { PasswordHasher } from '#libs/crypto';
import { Graph } from '#libs/graph';
import { recordAudit } from '../audit/audit.js';
import { unauthenticated } from '../auth-problems.js';
import { LoginThrottle } from '../login/login-throttle.js';
import { emailKey, User } from '../model/identity.vertex.js';
import { currentAuth } from '../principal/auth-context.js';
import { currentClient } from '../session/client.js';
import type { OwnPasswordDto } from './user.dto.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

/** Changes the caller's own password, for who proves to know it. */
@Injectable()
export class OwnPassword {
  constructor(
    private readonly graph: Graph,
    private readonly users: UsersService,
    private readonly repository: UsersRepository,
    private readonly hasher: PasswordHasher,
    private readonly throttle: LoginThrottle,
  ) {}

  /** @throws DomainError `validation_failed` where the old one is wrong or the new one breaks the policy, `login_throttled` */
  async change({ current_password, password }: OwnPasswordDto): Promise<void> {
    const auth = currentAuth();
    if (!auth) throw unauthenticated();
    const { id, email, displayName } = auth.user;
    const known = await this.prove(email, current_password);
    const hash = await this.users.hashNew(password, { email, displayName });
    await this.graph.transaction(async (tx) => {
      await tx.lock(User, id);
      // Changed by somebody else while the hashes were computed: then it is no longer the password that was proven.
      if ((await tx.reveal(User, id, 'password_hash')) !== known) throw wrongPassword();
      await this.users.storePassword(tx, id, hash, auth.sessionId);
    });
  }

  private async prove(email: string, password: string): Promise<string> {
    const account = emailKey(email);
    const { ip } = currentClient();
    await this.throttle.assertAllowed(account, ip);
    const candidate = await this.repository.findCandidate(account);
    const hash = candidate?.passwordHash;
    if (typeof hash === 'string' && (await this.hasher.verify(password, hash))) {
      await this.throttle.succeeded(account, ip);
      return hash;
    }
    await this.throttle.failed(account, ip);
    await this.graph.transaction(async (tx) =>
      recordAudit(tx.transaction, {
        action: 'user.password.change',
        outcome: 'failure',
        resourceKind: 'User',
        resourceId: candidate?.id,
        reason: 'wrong_password',
      }),
    );
    throw wrongPassword();
  }
}

function wrongPassword(): Error {
  return invalid([{ pointer: '/current_password', code: 'wrong_password', message: 'This is not your password.' }]);
}
