import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AnalyticsHandOver } from './analytics-hand-over.js';
import { HandlerRegistry } from './handler-registry.js';
import { JobHandOver } from './job-hand-over.js';
import { JobsRunner } from './jobs-runner.js';
import { OutboxRepository } from './outbox.repository.js';
import { OutboxRelay } from './outbox-relay.js';

/** What makes a process a worker: import it beside `QueuesModule` and the modules whose providers handle jobs. */
@Module({
  imports: [DiscoveryModule],
  providers: [HandlerRegistry, OutboxRepository, JobHandOver, AnalyticsHandOver, OutboxRelay, JobsRunner],
  exports: [OutboxRelay],
})
export class JobsModule {}
