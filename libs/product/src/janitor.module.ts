import { Inject, Injectable, Module } from '@nestjs/common';
import { createLogger } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { Database } from '#libs/database';
import { IdempotencyStore } from '#libs/http';
import { OnSchedule } from '#libs/queue';

const HOURLY_SECONDS = 3600;
const logger = createLogger('janitor');

/** Removes what has run out. */
@Injectable()
class Janitor {
  private readonly keys: IdempotencyStore;

  constructor(database: Database, @Inject(CONFIG) config: Config) {
    this.keys = new IdempotencyStore(database, config.limits.idempotencyTtl);
  }

  @OnSchedule('janitor', { everySeconds: HOURLY_SECONDS })
  async removeExpired(): Promise<void> {
    const removed = await this.keys.deleteExpired();
    logger.debug({ removed }, 'expired idempotency keys were removed');
  }
}

@Module({ providers: [Janitor] })
export class JanitorModule {}
