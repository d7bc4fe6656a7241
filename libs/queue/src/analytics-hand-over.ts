import { Inject, Injectable, Optional } from '@nestjs/common';
import { createLogger, errorMessage, isDomainError } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { ANALYTICS_SINK, type AnalyticsSink } from './analytics-sink.js';
import { type AnalyticsBatch, OutboxRepository } from './outbox.repository.js';
import { RELAY_PROBE, type RelayProbe } from './relay-probe.js';

const logger = createLogger('relay');

/**
 * Sends analytics rows in batches that are written down before they are sent: whoever takes over after a crash sends
 * the same rows in the same order under the same token, which the analytics engine stores once.
 */
@Injectable()
export class AnalyticsHandOver {
  constructor(
    private readonly outbox: OutboxRepository,
    @Inject(CONFIG) private readonly config: Config,
    @Optional() @Inject(ANALYTICS_SINK) private readonly sink?: AnalyticsSink,
    @Optional() @Inject(RELAY_PROBE) private readonly probe?: RelayProbe,
  ) {}

  /** Moves an old batch and a new one; returns whether there may be more. @throws when the engine took neither */
  async moveBatches(): Promise<boolean> {
    if (!this.sink) return false;
    const reclaimed = await this.outbox.reclaimBatch();
    const reclaimedFault = reclaimed && (await this.send(this.sink, reclaimed));
    const formed = await this.outbox.formBatch(this.config.queue.analyticsBatch);
    const formedFault = formed && (await this.send(this.sink, formed));
    const fault = formedFault ?? reclaimedFault;
    if (!formed && !reclaimed) return false;
    const moved = (reclaimed && !reclaimedFault) || (formed && !formedFault);
    if (!moved) throw fault;
    return true;
  }

  /** Returns what went wrong; the batch then waits for its next try on its own. */
  private async send(sink: AnalyticsSink, batch: AnalyticsBatch): Promise<unknown> {
    await this.probe?.('batch formed');
    try {
      await sink.insert(batch.table, batch.rows, { token: batch.id });
    } catch (error) {
      if (isRefusal(error)) return this.narrowDown(batch, errorMessage(error));
      await this.outbox.postpone(batch.rowIds, errorMessage(error));
      return error;
    }
    await this.probe?.('batch stored');
    await this.outbox.removeBatch(batch);
    await this.probe?.('batch removed');
    return undefined;
  }

  // One row that can never go in must not hold up the others: halve the batch until it is alone, then park it.
  private async narrowDown(batch: AnalyticsBatch, reason: string): Promise<undefined> {
    if (batch.rowIds.length > 1) {
      await this.outbox.splitBatch(batch);
      return undefined;
    }
    logger.error({ table: batch.table, row: batch.id, reason }, 'an analytics row was refused and is parked');
    await this.outbox.park(batch.rowIds, reason);
    return undefined;
  }
}

// Whoever refuses rows says so by a kind of error; everything else may pass.
function isRefusal(error: unknown): boolean {
  return isDomainError(error) && error.kind === 'invalid';
}
