import { Module } from '@nestjs/common';
import { MailerModule } from '@nestjs-modules/mailer';
import { CONFIG, type Config } from '#libs/config';
import { EmailModule } from './email.module.js';
import { SecurityNotices } from './notice/security-notices.js';
import { EmailDelivery } from './sending/email-delivery.js';
import { EmailJanitor } from './sending/email-janitor.js';
import { EmailOutcomes } from './sending/email-outcomes.js';
import { transportOptions } from './sending/transport-options.js';

/** What talks to the mail server, for the processes that run jobs. */
@Module({
  imports: [
    EmailModule,
    MailerModule.forRootAsync({
      imports: [],
      inject: [CONFIG],
      useFactory: (config: Config) => ({ transport: transportOptions(config) }),
    }),
  ],
  providers: [EmailOutcomes, EmailDelivery, EmailJanitor, SecurityNotices],
})
export class EmailJobsModule {}
