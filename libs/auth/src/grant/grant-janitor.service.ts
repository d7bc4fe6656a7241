import { Injectable } from '@nestjs/common';
import { Graph } from '#libs/graph';
import { OnSchedule } from '#libs/queue';
import { recordAudit } from '../audit/audit.js';
import { GrantsRepository } from './grants.repository.js';

const DAY_MS = 86_400_000;
/** An expired grant grants nothing; for a month it still says who had access, and can be renewed. */
const KEPT_DAYS = 30;
const AT_ONCE = 100;

/** Removes grants that expired long ago. */
@Injectable()
export class GrantJanitor {
  constructor(
    private readonly graph: Graph,
    private readonly repository: GrantsRepository,
  ) {}

  @OnSchedule('expired-grants', { everySeconds: 3600 })
  async removeExpired(): Promise<void> {
    await this.removeExpiredBefore(new Date(Date.now() - KEPT_DAYS * DAY_MS));
  }

  /** In short transactions, each with its audit events; returns how many grants were removed. */
  async removeExpiredBefore(time: Date): Promise<number> {
    let removed = 0;
    for (let more = true; more; ) {
      const grants = await this.graph.transaction(async (tx) => {
        const gone = await this.repository.removeExpired(tx, time, AT_ONCE);
        for (const { label, to, from, organizationId, expires_at } of gone) {
          recordAudit(tx.transaction, {
            action: 'grant.delete',
            outcome: 'success',
            reason: 'expired',
            resourceKind: label,
            resourceId: to,
            organizationId,
            detail: { principal_id: from, expires_at },
          });
        }
        return gone.length;
      });
      removed += grants;
      more = grants > 0;
    }
    return removed;
  }
}
