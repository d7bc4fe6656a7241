import { Client, type Pool, type PoolClient } from 'pg';
import { createLogger, errorMessage } from '#libs/common';
import type { DatabaseConnection } from './connection.js';

const RECONNECT_MILLISECONDS = 1000;
const CHANNEL_PATTERN = /^[a-z_]+$/;
const logger = createLogger('database');

/**
 * LISTEN that survives reconnects. On a server it keeps one connection of its own; on the embedded engine it listens
 * on the one connection there is, which is also the one that notifies.
 */
export class NotificationListener {
  private readonly channels = new Map<string, Set<(payload: string) => void>>();
  private client: Client | undefined;
  private reconnect: NodeJS.Timeout | undefined;
  private attached = false;
  private closed = false;

  constructor(
    private readonly connection: DatabaseConnection,
    private readonly pool: Pool,
  ) {}

  async listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>> {
    if (!CHANNEL_PATTERN.test(channel)) throw new Error(`"${channel}" is no channel name`);
    const listeners = this.channels.get(channel) ?? new Set();
    listeners.add(onNotify);
    this.channels.set(channel, listeners);
    await this.subscribe(channel);
    return async () => {
      listeners.delete(onNotify);
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.reconnect);
    await this.client?.end().catch(() => undefined);
  }

  private async subscribe(channel: string): Promise<void> {
    if (this.connection.embedded) {
      this.attachToPool();
      await this.pool.query(`listen ${channel}`);
      return;
    }
    if (this.client) await this.client.query(`listen ${channel}`);
    else await this.connect();
  }

  private attachToPool(): void {
    if (this.attached) return;
    this.attached = true;
    const attach = (client: PoolClient) => {
      client.on('notification', (message) => this.deliver(message.channel, message.payload ?? ''));
      for (const channel of this.channels.keys()) client.query(`listen ${channel}`).catch(() => undefined);
    };
    this.pool.on('connect', attach);
    // A connection made before the first listener has no handler yet.
    this.pool
      .connect()
      .then((client) => {
        if (client.listenerCount('notification') === 0) attach(client);
        client.release();
      })
      .catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const { max: _max, idleTimeoutMillis: _idle, statement_timeout: _timeout, ...options } = this.connection.pool;
    const client = new Client({ ...options, keepAlive: true });
    this.client = client;
    client.on('notification', (message) => this.deliver(message.channel, message.payload ?? ''));
    client.on('error', (error) => this.connectLater(client, errorMessage(error)));
    client.on('end', () => this.connectLater(client, 'the connection ended'));
    try {
      await client.connect();
      for (const channel of this.channels.keys()) await client.query(`listen ${channel}`);
    } catch (error) {
      this.connectLater(client, errorMessage(error));
    }
  }

  private connectLater(client: Client, reason: string): void {
    if (this.closed || this.client !== client) return;
    this.client = undefined;
    logger.debug({ reason }, 'notifications are interrupted');
    client.end().catch(() => undefined);
    this.reconnect = setTimeout(() => void this.connect(), RECONNECT_MILLISECONDS);
    this.reconnect.unref();
  }

  private deliver(channel: string, payload: string): void {
    for (const listener of this.channels.get(channel) ?? []) listener(payload);
  }
}
