import { EventEmitter, once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { createLogger, errorMessage, sleep } from '#libs/common';
import { DataDirectoryInUseError, EngineProcess, type EngineTask } from './engine-process.js';
import { prepareSocket } from './socket-address.js';

const MAX_FAILED_STARTS = 6;
const MAX_BACKOFF_MILLISECONDS = 2000;
const STABLE_MILLISECONDS = 10_000;
const logger = createLogger('engine');

export interface EmbeddedPostgresOptions {
  /** The database lies in `<dataDir>/postgres`. */
  dataDir: string;
  /** How long a statement may keep the engine from answering before it is killed and restarted (default 60 s). */
  heartbeatTimeoutMs?: number;
  /** Write-ahead log after which the engine checkpoints (default 64 MB). */
  checkpointBytes?: number;
  /** Time after which it checkpoints if anything was written (default 5 min). */
  checkpointMs?: number;
  /** Time after which it vacuums and analyses every table if anything was written (default 15 min). */
  vacuumMs?: number;
  /** How long a client may sit in a transaction doing nothing before it is disconnected (default 60 s). */
  idleTransactionMs?: number;
}

/** What pg's PoolConfig needs; `host` may be the directory of a unix socket. The engine takes one connection. */
export interface PostgresAddress {
  host: string;
  port: number;
  database: string;
  user: string;
}

interface EngineEvents {
  /** The engine died, or was killed by the heartbeat, and takes connections again. */
  restarted: [{ reason: string; downMs: number }];
  /** The engine died and could not be started again; it stays down. */
  failed: [Error];
}

/**
 * PostgreSQL with Apache AGE in a supervised child process, its data on disk. Commits survive the death of any process
 * but not a power cut (the engine never calls fsync). This process listens and hands each connection to the child, so
 * the address outlives the child and clients that connect during a restart simply wait for it.
 */
export class EmbeddedPostgres extends EventEmitter<EngineEvents> {
  private readonly task: Omit<EngineTask, 'task'>;
  private readonly heartbeatTimeoutMs: number;
  private readonly server: Server;
  private readonly stopping = new AbortController();
  private engine: EngineProcess | undefined;
  private waiting: Socket[] = [];
  private supervision: Promise<void> = Promise.resolve();

  constructor(options: EmbeddedPostgresOptions) {
    super();
    this.heartbeatTimeoutMs = options.heartbeatTimeoutMs ?? 60_000;
    this.task = {
      dataDir: path.resolve(options.dataDir),
      maintenance: {
        checkpointBytes: options.checkpointBytes ?? 64 * 1024 * 1024,
        checkpointMilliseconds: options.checkpointMs ?? 5 * 60_000,
        vacuumMilliseconds: options.vacuumMs ?? 15 * 60_000,
        idleTransactionMilliseconds: options.idleTransactionMs ?? 60_000,
      },
    };
    this.server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => this.connect(socket));
  }

  /** Process id of the engine while it runs. */
  get pid(): number | undefined {
    return this.engine?.pid;
  }

  /**
   * Opens the data directory, creating it if needed, and listens.
   * @throws DataDirectoryInUseError when another process has it open
   */
  async start(): Promise<PostgresAddress> {
    mkdirSync(this.task.dataDir, { recursive: true, mode: 0o700 });
    // Creating a database takes a gigabyte that the process would keep; so another one creates it.
    if (!existsSync(path.join(this.task.dataDir, 'postgres', 'PG_VERSION'))) await EngineProcess.initialise(this.task);
    this.engine = await EngineProcess.serve(this.task, this.heartbeatTimeoutMs);
    // Not before the directory is ours: its socket may belong to a running engine.
    try {
      const address = await this.listen();
      this.supervision = this.supervise(this.engine);
      return address;
    } catch (error) {
      await this.engine.stop();
      throw error;
    }
  }

  /** Closes every connection and the database; running statements are finished first. */
  async stop(): Promise<void> {
    this.stopping.abort();
    // Node counts handed connections to the server until the child has closed them, so neither can go first.
    await Promise.all([this.closeServer(), this.engine?.stop()]);
    await this.supervision;
  }

  private async listen(): Promise<PostgresAddress> {
    const socket = prepareSocket(this.task.dataDir);
    if (socket) this.server.listen(socket.file);
    else this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.server.on('error', (error) => logger.warn({ error: error.message }, 'a connection could not be accepted'));
    const bound = this.server.address();
    const port = typeof bound === 'object' && bound ? bound.port : undefined;
    return {
      host: socket?.directory ?? '127.0.0.1',
      port: socket?.port ?? port ?? 0,
      database: 'postgres',
      user: 'postgres',
    };
  }

  private connect(socket: Socket): void {
    socket.on('error', () => undefined);
    if (this.engine) this.engine.hand(socket);
    else this.waiting.push(socket);
  }

  private async supervise(first: EngineProcess): Promise<void> {
    let engine = first;
    let startedAt = performance.now();
    let quickDeaths = 0;
    for (;;) {
      const reason = await engine.exited;
      this.engine = undefined;
      this.waiting.push(...engine.leftovers());
      if (this.stopping.signal.aborted) return this.abandon();
      const diedAt = performance.now();
      quickDeaths = diedAt - startedAt > STABLE_MILLISECONDS ? 0 : quickDeaths + 1;
      logger.warn({ reason }, 'the engine died and is started again');
      const next = await this.restart(quickDeaths);
      if (!next) return;
      engine = next;
      startedAt = performance.now();
      this.emit('restarted', { reason, downMs: Math.round(startedAt - diedAt) });
    }
  }

  private async restart(quickDeaths: number): Promise<EngineProcess | undefined> {
    let problem: unknown;
    for (let failed = 0; failed < MAX_FAILED_STARTS; failed++) {
      await sleep(backoff(failed + Math.max(0, quickDeaths - 1)), this.stopping.signal);
      if (this.stopping.signal.aborted) return undefined;
      try {
        return await this.serveAgain();
      } catch (error) {
        problem = error;
        logger.warn({ error: errorMessage(error) }, 'the engine did not start');
        if (error instanceof DataDirectoryInUseError) break;
      }
    }
    await this.closeServer();
    const failure = new Error(`The embedded PostgreSQL stays down: ${errorMessage(problem)}`, { cause: problem });
    logger.error({ error: failure.message }, 'the engine could not be started again');
    this.emit('failed', failure);
    return undefined;
  }

  private async serveAgain(): Promise<EngineProcess | undefined> {
    const engine = await EngineProcess.serve(this.task, this.heartbeatTimeoutMs);
    if (this.stopping.signal.aborted) {
      await engine.stop();
      return undefined;
    }
    this.engine = engine;
    for (const socket of this.waiting.splice(0)) this.connect(socket);
    return engine;
  }

  private abandon(): void {
    for (const socket of this.waiting.splice(0)) socket.destroy();
  }

  private async closeServer(): Promise<void> {
    this.abandon();
    if (!this.server.listening) return;
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function backoff(attempt: number): number {
  return attempt === 0 ? 0 : Math.min(MAX_BACKOFF_MILLISECONDS, 100 * 2 ** attempt);
}
