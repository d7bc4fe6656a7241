import { BullModule } from '@nestjs/bullmq';
import { type DynamicModule, Module } from '@nestjs/common';
import { CONFIG, type Config } from '#libs/config';
import { DeadLetters } from './dead-letters.js';
import { definedJobs, type JobDefinition } from './job-definition.js';
import { JobStore } from './job-store.js';
import { HouseQueue, KNOWN_JOBS, Queues, queueNames } from './queues.js';

@Module({ providers: [JobStore], exports: [JobStore] })
class JobStoreModule {}

/**
 * The queues without their workers: what an api process needs. Import it once per application, after the modules that
 * define jobs; `Database` and `CONFIG` must be provided globally.
 */
@Module({})
export class QueuesModule {
  static forRoot(options: { jobs?: readonly JobDefinition[] } = {}): DynamicModule {
    const jobs = options.jobs ?? definedJobs();
    BullModule.queueClass = HouseQueue;
    return {
      module: QueuesModule,
      global: true,
      imports: [
        JobStoreModule,
        BullModule.forRootAsync({
          imports: [JobStoreModule],
          inject: [JobStore, CONFIG],
          useFactory: async (store: JobStore, config: Config) => {
            await store.prepare();
            return { connection: store.producerConnection(), prefix: config.queue.prefix };
          },
        }),
        BullModule.registerQueue(...queueNames(jobs).map((name) => ({ name }))),
      ],
      providers: [{ provide: KNOWN_JOBS, useValue: jobs }, Queues, DeadLetters],
      exports: [JobStoreModule, KNOWN_JOBS, Queues, DeadLetters],
    };
  }
}
