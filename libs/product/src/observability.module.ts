import { Module, type OnModuleInit } from '@nestjs/common';
import { Analytics } from '#libs/analytics';
import { Database } from '#libs/database';
import { HealthRegistry, Metrics } from '#libs/http';
import { outboxStatus, Queues } from '#libs/queue';

/** Readiness and metrics of the engines: what must answer, and what may lag behind without losing anything. */
@Module({})
export class ObservabilityModule implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly analytics: Analytics,
    private readonly queues: Queues,
    private readonly health: HealthRegistry,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.registerHealth();
    this.registerMetrics();
  }

  private registerHealth(): void {
    this.health.register({ name: 'database', required: true, check: () => this.database.ping() });
    this.health.register({ name: 'jobs', required: false, check: () => this.countJobs() });
    this.health.register({
      name: 'analytics',
      required: false,
      check: async () => {
        const { available } = await this.analytics.ping();
        if (!available) throw new Error('analytics are not available');
      },
    });
    this.health.register({ name: 'outbox', required: false, check: () => this.describeOutbox() });
  }

  private registerMetrics(): void {
    this.metrics.gauge({ name: 'imbi_outbox_rows', help: 'Rows waiting in the outbox.', labels: ['topic'] }, async () =>
      (await outboxStatus(this.database)).map(({ topic, depth }) => ({ labels: { topic }, value: depth })),
    );
    this.metrics.gauge(
      { name: 'imbi_outbox_age_seconds', help: 'Age of the oldest row that could have left.', labels: ['topic'] },
      async () =>
        (await outboxStatus(this.database)).map(({ topic, oldestSeconds }) => ({
          labels: { topic },
          value: oldestSeconds,
        })),
    );
    this.metrics.gauge(
      { name: 'imbi_database_connections', help: 'Connections of this process by state.', labels: ['state'] },
      () => {
        const { idleCount, totalCount, waitingCount } = this.database.pool;
        return [
          { labels: { state: 'idle' }, value: idleCount },
          { labels: { state: 'busy' }, value: totalCount - idleCount },
          { labels: { state: 'waited_for' }, value: waitingCount },
        ];
      },
    );
    this.metrics.gauge(
      { name: 'imbi_queue_jobs', help: 'Jobs by queue and state.', labels: ['queue', 'state'] },
      async () =>
        (await this.countJobs()).flatMap(({ queue, counts }) =>
          Object.entries(counts).map(([state, value]) => ({ labels: { queue, state }, value })),
        ),
    );
  }

  private async countJobs(): Promise<{ queue: string; counts: Record<string, number> }[]> {
    return Promise.all(
      this.queues.all().map(async (queue) => {
        // What stands back waits too; that BullMQ counts it apart is of no use to whoever watches.
        const {
          waiting = 0,
          prioritized = 0,
          ...counts
        } = await queue.getJobCounts(...(['waiting', 'prioritized', 'active', 'delayed', 'failed'] as const));
        return { queue: queue.name, counts: { waiting: waiting + prioritized, ...counts } };
      }),
    );
  }

  private async describeOutbox(): Promise<string> {
    const topics = await outboxStatus(this.database);
    const described = topics.map(
      ({ topic, due, oldestSeconds }) => `${topic}: ${due} due, oldest ${Math.round(oldestSeconds)} s`,
    );
    return described.length === 0 ? 'empty' : described.join('; ');
  }
}
