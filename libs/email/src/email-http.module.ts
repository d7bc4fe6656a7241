import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Config } from '#libs/config';
import { Graph } from '#libs/graph';
import { HealthRegistry, Metrics } from '#libs/http';
import { EmailController } from './admin/email.controller.js';
import { FailedEmails } from './admin/failed-emails.service.js';
import { FailedEmail } from './model/failed-email.vertex.js';
import { SendLedger } from './sending/send-ledger.js';

/** Failed mails and previews over HTTP, and what metrics and readiness say of mail. */
@Module({ controllers: [EmailController], providers: [FailedEmails] })
export class EmailHttpModule implements OnModuleInit {
  constructor(
    private readonly graph: Graph,
    private readonly ledger: SendLedger,
    private readonly metrics: Metrics,
    private readonly health: HealthRegistry,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.metrics.gauge({ name: 'imbi_emails', help: 'Mails of the last week by state.', labels: ['state'] }, async () =>
      (await this.ledger.counts()).map(({ state, count }) => ({ labels: { state }, value: count })),
    );
    this.metrics.gauge({ name: 'imbi_email_failed', help: 'Mails that could not be delivered and wait.' }, () =>
      this.graph.read.count(FailedEmail, {}),
    );
    this.health.register({ name: 'email', required: false, check: () => this.describe() });
  }

  private async describe(): Promise<string> {
    const failed = await this.graph.read.count(FailedEmail, {});
    if (failed >= this.config.mail.failedThreshold) throw new Error(`${failed} mails could not be delivered`);
    return `${failed} failed`;
  }
}
