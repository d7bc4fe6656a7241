import { Inject, Injectable, Module } from '@nestjs/common';
import { createLogger } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { Database, inBatches } from '#libs/database';
import { IdempotencyStore } from '#libs/http';
import { DeadLetters, OnSchedule } from '#libs/queue';

const HOURLY_SECONDS = 3600;
const logger = createLogger('janitor');

/** Removes what has run out. */
@Injectable()
class Janitor {
  private readonly keys: IdempotencyStore;

  constructor(
    database: Database,
    private readonly deadLetters: DeadLetters,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.keys = new IdempotencyStore(database, config.limits.idempotencyTtl);
  }

  @OnSchedule('janitor', { everySeconds: HOURLY_SECONDS })
  async removeExpired(): Promise<void> {
    const keys = await inBatches((limit) => this.keys.deleteExpired(limit));
    const deadLetters = await this.deadLetters.purge(this.config.retention.deadLetters);
    logger.debug({ keys, dead_letters: deadLetters }, 'what had run out was removed');
  }
}

@Module({ providers: [Janitor] })
export class JanitorModule {}
