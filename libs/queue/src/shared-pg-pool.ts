import { EventEmitter } from 'node:events';
import type { PgNotification, PgPool, PgPoolClient, PgQueryResult } from 'bullmq';
import type { Database } from '#libs/database';

const LISTEN = /^(?:\s|--.*\n)*listen\s+([a-z_]+)/i;

/**
 * The pool that BullMQ is given in place of a `pg.Pool`. BullMQ keeps one connection per worker just to listen; here
 * all of them share the one listener that {@link Database} has anyway, so that any number of queues costs a server only
 * the few connections of `pool`, and the embedded engine, which has one connection in all, none.
 */
export class SharedPgPool extends EventEmitter implements PgPool {
  /** BullMQ waits on notifications for an hour at a time only if it knows that a dead connection is noticed. */
  readonly options = { keepAlive: true };
  private readonly channels = new Map<string, Promise<() => Promise<void>>>();
  private readonly clients = new Set<SharedPgClient>();

  constructor(
    private readonly database: Database,
    private readonly pool: PgPool,
  ) {
    super();
    this.setMaxListeners(0);
  }

  async query<Row>(text: string, params?: readonly unknown[]): Promise<PgQueryResult<Row>> {
    const channel = LISTEN.exec(text)?.[1];
    if (channel) {
      await this.listen(channel);
      return { rows: [] };
    }
    // Progress reported from inside a transaction would wait for ever for the embedded engine's only connection.
    if (this.database.embedded) void this.database.kysely;
    return this.pool.query<Row>(text, params);
  }

  async connect(): Promise<PgPoolClient> {
    const client = new SharedPgClient(this, () => this.clients.delete(client));
    this.clients.add(client);
    return client;
  }

  /** BullMQ does not own the pool; {@link close} ends what is ours. */
  async end(): Promise<void> {}

  async close(): Promise<void> {
    const stops = await Promise.allSettled(this.channels.values());
    for (const stop of stops) if (stop.status === 'fulfilled') await stop.value();
    this.channels.clear();
    if (this.pool !== this.database.pool) await this.pool.end();
  }

  private async listen(channel: string): Promise<void> {
    const existing = this.channels.get(channel);
    if (existing) {
      await existing;
      return;
    }
    const listening = this.database.listen(channel, (payload) => this.deliver({ channel, payload }));
    this.channels.set(channel, listening);
    listening.catch(() => this.channels.delete(channel));
    await listening;
  }

  private deliver(notification: PgNotification): void {
    for (const client of this.clients) client.emit('notification', notification);
  }
}

/** Stands for a checked-out connection. BullMQ runs single statements on it, so it needs none of its own. */
class SharedPgClient extends EventEmitter implements PgPoolClient {
  constructor(
    private readonly pool: SharedPgPool,
    private readonly forget: () => void,
  ) {
    super();
    this.setMaxListeners(0);
  }

  async query<Row>(text: string, params?: readonly unknown[]): Promise<PgQueryResult<Row>> {
    if (/^\s*(begin|start)\b/i.test(text)) throw new Error('A shared connection cannot hold a transaction');
    return this.pool.query(text, params);
  }

  release(): void {
    this.forget();
    this.removeAllListeners();
  }
}
