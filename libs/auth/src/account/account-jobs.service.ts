import { Injectable } from '@nestjs/common';
import { KeyRing } from '#libs/crypto';
import { Graph, type GraphTransaction } from '#libs/graph';
import { type JobContext, OnEvent, OnJob, OnSchedule } from '#libs/queue';
import { User } from '../model/identity.vertex.js';
import { OAuthIdentity } from '../oauth/model/oauth.vertex.js';
import { UsersRepository } from '../user/users.repository.js';
import type { UserVertex } from '../user/users.service.js';
import { AccountLinks } from './account-links.service.js';
import { AccountTokens } from './account-tokens.repository.js';
import { askForLink, type LinkRequest } from './ask-for-link.job.js';

/** Whether an address has an account is found out here, after the request was answered: so no answer can tell. */
@Injectable()
export class AccountJobs {
  constructor(
    private readonly graph: Graph,
    private readonly users: UsersRepository,
    private readonly links: AccountLinks,
    private readonly tokens: AccountTokens,
    private readonly keys: KeyRing,
  ) {}

  @OnJob(askForLink)
  async ask({ purpose, email }: LinkRequest, { jobId }: JobContext): Promise<void> {
    const key = this.keys.decryptText(email);
    await this.graph.transaction(async (tx) => {
      const user = await tx.find(User, { email_key: key });
      if (!user?.is_active) return;
      if (purpose === 'email_verification' && user.email_verified_at !== null) return;
      if (purpose === 'password_reset' && !(await this.mayHavePassword(tx, user))) return;
      await this.links.send(tx, purpose, user, { cause: jobId });
    });
  }

  /** Who was given a password by somebody else confirms the address; who was not waits to be invited. */
  @OnEvent('user.created')
  async created(payload: { user_id: string; has_password: boolean }, { jobId }: JobContext): Promise<void> {
    if (payload.has_password) await this.verify(payload.user_id, jobId);
  }

  @OnEvent('user.email_changed')
  async emailChanged({ user_id }: { user_id: string }, { jobId }: JobContext): Promise<void> {
    await this.verify(user_id, jobId);
  }

  @OnSchedule('account-tokens', { everySeconds: 3600 })
  async purge(): Promise<void> {
    await this.tokens.purge();
  }

  private async verify(userId: string, cause: string): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const user = await tx.find(User, { id: userId });
      if (user?.is_active && user.email_verified_at === null)
        await this.links.send(tx, 'email_verification', user, { cause });
    });
  }

  // Who signs in with a provider alone shall not get around it by a mail.
  private async mayHavePassword(tx: GraphTransaction, { id }: UserVertex): Promise<boolean> {
    if ((await this.users.withPassword([id], tx)).has(id)) return true;
    return (await tx.count(OAuthIdentity, { user_id: id })) === 0;
  }
}
