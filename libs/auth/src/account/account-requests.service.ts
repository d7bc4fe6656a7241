import { Inject, Injectable } from '@nestjs/common';
import { isId, notFound } from '#libs/common';
import { KeyRing, sha256 } from '#libs/crypto';
import { Database } from '#libs/database';
import { Graph } from '#libs/graph';
import { RATE_LIMIT_POLICIES, RateLimiter, type RateLimitPolicies } from '#libs/http';
import { enqueue } from '#libs/queue';
import { emailKey, User } from '../model/identity.vertex.js';
import { currentAuth } from '../principal/auth-context.js';
import { UsersRepository } from '../user/users.repository.js';
import type { MailRequestedDto } from './account.dto.js';
import { AccountLinks } from './account-links.service.js';
import { userHasPassword } from './account-problems.js';
import { askForLink, type LinkRequest } from './ask-for-link.job.js';

const ANSWER = { message: 'If there is something to send to this address, a mail is on its way.' };

/** Asks for links: by whoever claims an address, and by administrators who invite. */
@Injectable()
export class AccountRequests {
  constructor(
    private readonly database: Database,
    private readonly graph: Graph,
    private readonly users: UsersRepository,
    private readonly links: AccountLinks,
    private readonly limiter: RateLimiter,
    @Inject(RATE_LIMIT_POLICIES) private readonly policies: RateLimitPolicies,
    private readonly keys: KeyRing,
  ) {}

  /** Costs and answers the same whether the address has an account or not: nothing is looked up before the answer. */
  async ask(purpose: LinkRequest['purpose'], email: string): Promise<MailRequestedDto> {
    const key = emailKey(email);
    // Beyond the limit nothing is sent and nothing is said, or else the answer would tell what others asked for.
    const { allowed } = await this.limiter.consume(`${purpose}:${sha256(key)}`, this.policies.mail);
    if (!allowed) return ANSWER;
    await this.database.transaction(async (tx) => {
      enqueue(tx, askForLink, { purpose, email: this.keys.encrypt(key) });
    });
    return ANSWER;
  }

  /** @throws DomainError `not_found`, `user_has_password`, `rate_limited` */
  async invite(id: string): Promise<MailRequestedDto> {
    const inviter = currentAuth()?.principal.name ?? 'An administrator';
    await this.limiter.enforce(`invitation:${id}`, this.policies.mail);
    await this.graph.transaction(async (tx) => {
      const user = isId(id) ? await tx.lock(User, id) : undefined;
      if (!user?.is_active) throw notFound('The user');
      if ((await this.users.withPassword([id], tx)).has(id)) throw userHasPassword();
      await this.links.send(tx, 'invitation', user, { inviter });
    });
    return { message: 'The invitation is on its way.' };
  }
}
