import { Inject, Injectable } from '@nestjs/common';
import { createLogger, errorMessage } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { Database, OUTBOX_CHANNEL, onOutboxCommit } from '#libs/database';
import { AnalyticsHandOver } from './analytics-hand-over.js';
import { JobHandOver } from './job-hand-over.js';
import { RelayLane } from './relay-lane.js';

const UNPARK_INTERVAL_MS = 60_000;
const logger = createLogger('relay');

/**
 * Moves what transactions left in the outbox to where it belongs. A row leaves only when its target has it, and while a
 * target is down the others go on. Any number of relays may run at a time.
 */
@Injectable()
export class OutboxRelay {
  private lanes: RelayLane[] = [];
  private readonly stops: (() => void | Promise<void>)[] = [];

  constructor(
    private readonly database: Database,
    private readonly jobs: JobHandOver,
    private readonly analytics: AnalyticsHandOver,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async start(): Promise<void> {
    if (this.lanes.length > 0) return;
    const { relayInterval, analyticsLinger } = this.config.queue;
    const pollMs = relayInterval * 1000;
    this.lanes = [
      new RelayLane({ name: 'job', pollMs, round: () => this.jobs.moveJobs(), nextDue: () => this.jobs.nextDue() }),
      new RelayLane({ name: 'event', pollMs, round: () => this.jobs.moveEvents() }),
      new RelayLane({
        name: 'analytics',
        pollMs,
        lingerMs: analyticsLinger * 1000,
        round: () => this.analytics.moveBatches(),
      }),
    ];
    this.stops.push(onOutboxCommit(() => this.poke()));
    // Commits of other processes; without it the poll interval is how long they wait.
    this.stops.push(await this.database.listen(OUTBOX_CHANNEL, () => this.poke()));
    await this.unpark();
    const timer = setInterval(() => void this.unpark(), UNPARK_INTERVAL_MS);
    this.stops.push(() => clearInterval(timer));
    for (const lane of this.lanes) lane.start();
  }

  /** Resolves when the rounds that are under way have ended. */
  async stop(): Promise<void> {
    for (const stop of this.stops.splice(0)) await stop();
    await Promise.all(this.lanes.map((lane) => lane.stop()));
    this.lanes = [];
  }

  /** Looks at the outbox at once. */
  poke(): void {
    for (const lane of this.lanes) lane.poke();
  }

  private async unpark(): Promise<void> {
    try {
      await this.jobs.unpark();
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'parked jobs could not be brought back');
    }
  }
}
