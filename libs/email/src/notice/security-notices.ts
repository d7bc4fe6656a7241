import { Injectable } from '@nestjs/common';
import { User } from '#libs/auth';
import { Graph } from '#libs/graph';
import { type JobContext, OnEvent } from '#libs/queue';
import { EmailSender, type NewEmail } from '../sending/email-sender.js';
import { oneLine } from '../template/render.js';
import type { TemplateName } from '../template/template-variables.js';
import { inWords } from '../template/time.js';
import { describeDevice } from './device.js';

interface SecurityEvent {
  readonly user_id: string;
}

type Describe<Name extends TemplateName> = (notice: {
  readonly name: string;
  readonly at: string;
  readonly recovery_url: string;
  readonly sign_in_url: string;
}) => NewEmail<Name>['variables'];

/** Tells people what has happened to their accounts, so that they notice what they did not do themselves. */
@Injectable()
export class SecurityNotices {
  constructor(
    private readonly graph: Graph,
    private readonly sender: EmailSender,
  ) {}

  @OnEvent('user.password_changed')
  passwordChanged(event: SecurityEvent, context: JobContext): Promise<void> {
    return this.notify('password-changed', event, context, (notice) => notice);
  }

  @OnEvent('user.mfa_enabled')
  mfaEnabled(event: SecurityEvent, context: JobContext): Promise<void> {
    return this.notify('mfa-enabled', event, context, (notice) => notice);
  }

  @OnEvent('user.mfa_disabled')
  mfaDisabled(event: SecurityEvent, context: JobContext): Promise<void> {
    return this.notify('mfa-disabled', event, context, (notice) => notice);
  }

  @OnEvent('user.mfa_reset')
  mfaReset(event: SecurityEvent, context: JobContext): Promise<void> {
    return this.notify('mfa-reset', event, context, (notice) => notice);
  }

  @OnEvent('api_key.created')
  apiKeyCreated(event: SecurityEvent & { name?: string; key_id?: string }, context: JobContext): Promise<void> {
    const key = oneLine([event.name, event.key_id && `(${event.key_id})`].filter(Boolean).join(' ')) || 'unnamed';
    return this.notify('api-key-created', event, context, (notice) => ({ ...notice, key }));
  }

  @OnEvent('session.token_reused')
  tokenReused(event: SecurityEvent & { ip?: string }, context: JobContext): Promise<void> {
    const ip = oneLine(event.ip ?? '') || 'unknown';
    return this.notify('token-reuse', event, context, (notice) => ({ ...notice, ip }));
  }

  @OnEvent('session.new_device')
  newDevice(event: SecurityEvent & { ip?: string; user_agent?: string }, context: JobContext): Promise<void> {
    const ip = oneLine(event.ip ?? '') || 'unknown';
    const device = describeDevice(event.user_agent ?? '');
    return this.notify('new-sign-in', event, context, (notice) => ({ ...notice, ip, device }));
  }

  /** Of a run that is repeated, and of users who are gone, nothing is sent. */
  private async notify<Name extends TemplateName>(
    template: Name,
    { user_id: userId }: SecurityEvent,
    { jobId }: JobContext,
    describe: Describe<Name>,
  ): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const user = await tx.find(User, { id: userId });
      if (!user) return;
      const base = this.sender.linkBase();
      const variables = describe({
        name: oneLine(user.display_name),
        at: inWords(new Date()),
        recovery_url: `${base}/account/forgot-password`,
        sign_in_url: base,
      });
      const related = { kind: 'User', id: userId };
      await this.sender.send(tx.transaction, { to: user.email, template, variables, userId, related, once: jobId });
    });
  }
}
