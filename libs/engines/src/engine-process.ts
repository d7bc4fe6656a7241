import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createLogger, isJsonObject, sleep } from '#libs/common';

const MAIN = fileURLToPath(new URL('./engine/main.js', import.meta.url));
const STACK_KILOBYTES = 3900;
const STACK_NEEDED_BYTES = 8 * 1024 * 1024;
const STOP_MILLISECONDS = 5000;
const logger = createLogger('engine');

export interface EngineTask {
  readonly task: 'initialise' | 'serve';
  readonly dataDir: string;
  readonly maintenance: {
    readonly checkpointBytes: number;
    readonly checkpointMilliseconds: number;
    readonly vacuumMilliseconds: number;
    readonly idleTransactionMilliseconds: number;
  };
}

/** Another process has the data directory open; `pid` is that of the program that started its engine. */
export class DataDirectoryInUseError extends Error {
  override readonly name = 'DataDirectoryInUseError';

  constructor(
    message: string,
    readonly pid: number | undefined,
  ) {
    super(message);
  }
}

/** One life of the child process that holds the engine. */
export class EngineProcess {
  /** Resolves when the process is gone, to what its end looked like. */
  readonly exited: Promise<string>;
  private readonly child: ChildProcess;
  private heartbeat: NodeJS.Timeout | undefined;
  private readonly unanswered = new Map<number, Socket>();
  private nextConnection = 1;
  private gone = false;

  private constructor(task: EngineTask) {
    this.child = fork(MAIN, [JSON.stringify(task)], {
      // Not the parent's flags: a debugger's port or the test runner's module loader have no business here.
      execArgv: [...stackFlags(), '--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child.stdout?.on('data', (text) => logger.debug({ output: String(text).trim() }, 'the engine says'));
    this.child.stderr?.on('data', (text) => logger.warn({ output: String(text).trim() }, 'the engine says'));
    this.child.on('message', (message) => this.accepted(message));
    this.exited = new Promise((resolve) => {
      this.child.once('error', (error) => resolve(error.message));
      // Unlike `exit` it comes after the last message.
      this.child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    }).then((reason) => {
      this.gone = true;
      clearInterval(this.heartbeat);
      return String(reason);
    });
  }

  /** Creates the data directory's database, if there is none, and ends. */
  static async initialise(task: Omit<EngineTask, 'task'>): Promise<void> {
    const process = new EngineProcess({ ...task, task: 'initialise' });
    await Promise.race([process.ready(), process.exited]);
    const reason = await process.exited;
    if (reason !== 'exit code 0') throw new Error(`The embedded PostgreSQL could not be created: ${reason}.`);
  }

  /** Starts the engine and waits until it takes connections. */
  static async serve(task: Omit<EngineTask, 'task'>, heartbeatTimeoutMs: number): Promise<EngineProcess> {
    const process = new EngineProcess({ ...task, task: 'serve' });
    const early = await Promise.race([process.ready(), process.exited]);
    if (early !== undefined) throw new Error(`The embedded PostgreSQL did not start: ${early}.`);
    process.watch(heartbeatTimeoutMs);
    return process;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /**
   * Gives a client's connection to the engine. This process keeps its copy until the engine has said that it has the
   * connection: one that was on its way to a dying engine can be given to the next, and the client only waits.
   */
  hand(socket: Socket): void {
    const id = this.nextConnection++;
    this.unanswered.set(id, socket);
    if (this.child.connected) this.child.send({ type: 'connection', id }, socket, { keepOpen: true }, () => undefined);
  }

  /** After the end: the connections that the engine never took. */
  leftovers(): Socket[] {
    return [...this.unanswered.values()];
  }

  async stop(): Promise<void> {
    clearInterval(this.heartbeat);
    if (this.child.connected) this.child.send({ type: 'stop' }, () => undefined);
    const cancelled = new AbortController();
    const patience = sleep(STOP_MILLISECONDS, cancelled.signal).then(() => {
      // Nothing committed is lost by this; the next start only takes longer.
      if (!this.gone) this.child.kill('SIGKILL');
    });
    await this.exited;
    cancelled.abort();
    await patience;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private accepted(message: unknown): void {
    if (!isJsonObject(message) || message['type'] !== 'accepted') return;
    const id = Number(message['id']);
    // Only this process's copy: the engine's stays open.
    this.unanswered.get(id)?.destroy();
    this.unanswered.delete(id);
  }

  private ready(): Promise<undefined> {
    return new Promise((resolve, reject) => {
      this.child.on('message', (message) => {
        if (!isJsonObject(message)) return;
        if (message['type'] === 'ready') resolve(undefined);
        if (message['type'] === 'refused') {
          const pid = message['pid'];
          reject(new DataDirectoryInUseError(String(message['message']), typeof pid === 'number' ? pid : undefined));
        }
      });
    });
  }

  // No statement of the embedded engine can be cancelled, and while one runs the process answers nothing.
  private watch(timeoutMs: number): void {
    let silentSince: number | undefined;
    this.child.on('message', () => {
      silentSince = undefined;
    });
    this.heartbeat = setInterval(
      () => {
        silentSince ??= performance.now();
        if (performance.now() - silentSince > timeoutMs) {
          logger.warn({ timeout_ms: timeoutMs }, 'the engine does not answer and is killed');
          this.kill();
          return;
        }
        if (this.child.connected) this.child.send({ type: 'ping' }, () => undefined);
      },
      Math.min(2000, timeoutMs / 4),
    );
    this.heartbeat.unref();
  }
}

// V8 crashes the process if it is allowed more stack than the system gives; elsewhere its own limit is a clean error.
function stackFlags(): string[] {
  if (process.platform === 'win32') return [];
  if (existsSync('/proc/self/limits')) {
    const limit = /^Max stack size\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    if (limit !== 'unlimited' && Number(limit) < STACK_NEEDED_BYTES) return [];
  }
  return [`--stack-size=${STACK_KILOBYTES}`];
}
