import { Module } from '@nestjs/common';
import { AuthModule } from '../auth.module.js';
import { AccountJobs } from './account-jobs.service.js';
import { AccountLinks } from './account-links.service.js';
import { AccountTokens } from './account-tokens.repository.js';

/** The jobs of account flows, for the processes that run jobs. Needs `AccountMails`, globally. */
@Module({ imports: [AuthModule], providers: [AccountTokens, AccountLinks, AccountJobs] })
export class AccountJobsModule {}
