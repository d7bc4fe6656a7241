import { Module } from '@nestjs/common';
import { AuthModule } from '../auth.module.js';
import { GrantJanitor } from '../grant/grant-janitor.service.js';
import { GrantsRepository } from '../grant/grants.repository.js';
import { AuthJanitor } from './auth-janitor.js';
import { ExpiredRepository } from './expired.repository.js';

/** What authentication has done by schedule, for the processes that run jobs. */
@Module({ imports: [AuthModule], providers: [GrantsRepository, GrantJanitor, ExpiredRepository, AuthJanitor] })
export class AuthJobsModule {}
