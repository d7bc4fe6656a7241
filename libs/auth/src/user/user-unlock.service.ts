import { Injectable } from '@nestjs/common';
import { isId, notFound } from '#libs/common';
import { Graph } from '#libs/graph';
import { recordAudit } from '../audit/audit.js';
import { LoginThrottle } from '../login/login-throttle.js';
import { User } from '../model/identity.vertex.js';
import { ActorPowers } from '../permission/actor-powers.js';

/** Lets users sign in without waiting, whom their own failures or somebody else's have made wait. */
@Injectable()
export class UserUnlock {
  constructor(
    private readonly graph: Graph,
    private readonly throttle: LoginThrottle,
    private readonly powers: ActorPowers,
  ) {}

  /** @throws DomainError `not_found`, `beyond_own_powers` */
  async unlock(id: string): Promise<void> {
    if (!isId(id)) throw notFound('The user');
    const user = await this.graph.transaction(async (tx) => {
      const found = await tx.find(User, { id });
      if (!found) throw notFound('The user');
      await this.powers.assertCoverPrincipal(tx, id);
      recordAudit(tx.transaction, { action: 'user.unlock', outcome: 'success', resourceKind: 'User', resourceId: id });
      return found;
    });
    await this.throttle.forgive(user.email_key);
  }
}
