import { Module, type OnModuleInit } from '@nestjs/common';
import { UsageRecorder } from '#libs/analytics';
import { currentActor, requestContext } from '#libs/common';
import { Metrics, RateLimiter } from '#libs/http';

/** Writes down which calls were refused for being too many, and counts the rows that did not fit. */
@Module({})
export class UsageModule implements OnModuleInit {
  constructor(
    private readonly limiter: RateLimiter,
    private readonly usage: UsageRecorder,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    const dropped = this.metrics.counter({
      name: 'imbi_usage_rows_dropped_total',
      help: 'Usage rows lost because the column store was away for longer than memory could bridge.',
      labels: ['table'],
    });
    this.usage.onDropped((table, rows) => dropped.inc({ table }, rows));
    this.limiter.onRefusal(({ key, policy }) => {
      const { kind, id } = currentActor();
      const context = requestContext.current();
      this.usage.record('rate_limit_events', {
        policy,
        caller: key,
        actor_kind: kind,
        actor_id: id,
        ip: context?.ip ?? '',
        request_id: context?.requestId ?? '',
      });
    });
  }
}
