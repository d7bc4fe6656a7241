import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { type AuditEventRow, RowBatcher } from '#libs/analytics';
import { createLogger, DomainError } from '#libs/common';
import { Database } from '#libs/database';
import { type AuditEvent, addAuditRow, auditRow } from './audit.js';

const logger = createLogger('audit');

/**
 * Records reads that were allowed. They change nothing, so there is no transaction that they could be part of: they
 * are written to the outbox once a second, away from the request. Where there is no room for one more, the reader
 * waits; what cannot be recorded cannot be read.
 */
@Injectable()
export class AuditReads implements BeforeApplicationShutdown {
  private readonly rows: RowBatcher<AuditEventRow>;

  constructor(database: Database) {
    const write = (rows: readonly AuditEventRow[]) =>
      database.transaction(async (tx) => {
        for (const row of rows) addAuditRow(tx, row);
      });
    this.rows = new RowBatcher({ name: 'allowed reads', write });
  }

  /** @throws DomainError `unavailable` where memory is full and the database does not take it */
  async record(event: AuditEvent): Promise<void> {
    await this.add(auditRow(event));
  }

  /** As {@link record}, of an event whose time and actor are known already. */
  async add(row: AuditEventRow): Promise<void> {
    if (this.rows.add(row)) return;
    await this.rows.flush().catch(() => undefined);
    if (this.rows.add(row)) return;
    throw new DomainError('unavailable', 'unavailable', 'The audit log does not take any more at the moment.', {
      retryAfterSeconds: 5,
    });
  }

  /** Resolves when all that was recorded so far is in the outbox. */
  flush(): Promise<void> {
    return this.rows.flush();
  }

  async beforeApplicationShutdown(): Promise<void> {
    const lost = await this.rows.close();
    if (lost > 0) logger.error({ lost }, 'audit events of allowed reads are lost');
  }
}
