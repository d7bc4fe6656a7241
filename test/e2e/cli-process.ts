import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const ROOT = path.resolve(import.meta.dirname, '../..');
const MAIN = path.join(ROOT, 'dist/apps/cli/src/main.js');
const READY_MILLISECONDS = 90_000;
const COMMAND_MILLISECONDS = 100_000;
/** The command line as npm runs it, and as the bootstrap does. */
export const BOOTSTRAP = [path.join(ROOT, 'apps/cli/bootstrap/run.mjs'), 'imbi'];
const DIRECT = ['--enable-source-maps', MAIN];

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command of the command line to its end. */
export async function imbi(args: readonly string[], { env = {}, input = '' }: RunOptions = {}): Promise<Ended> {
  const child = new CliProcess(DIRECT, args, env);
  child.process.stdin?.end(input);
  const patience = setTimeout(() => child.killGroup(), COMMAND_MILLISECONDS);
  const code = await child.ended;
  clearTimeout(patience);
  return { code, stdout: child.stdout, stderr: child.stderr };
}

/** A command in a process group of its own, so that whatever it leaves behind is found, and killed. */
export class CliProcess {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  stdout = '';
  stderr = '';

  constructor(
    program: readonly string[],
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    command = process.execPath,
  ) {
    this.process = spawn(command, [...program, ...args], {
      cwd: ROOT,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...plainEnvironment(), ...env },
    });
    this.process.stdout?.on('data', (chunk) => {
      this.stdout += String(chunk);
    });
    this.process.stderr?.on('data', (chunk) => {
      this.stderr += String(chunk);
    });
    this.ended = new Promise((resolve) => this.process.once('close', (code) => resolve(code)));
  }

  get groupIsGone(): boolean {
    try {
      this.signalGroup(0);
      return false;
    } catch {
      return true;
    }
  }

  async untilGroupIsGone(milliseconds: number): Promise<boolean> {
    const deadline = performance.now() + milliseconds;
    while (!this.groupIsGone && performance.now() < deadline) await delay(50);
    return this.groupIsGone;
  }

  /** Whatever of it is left; for when a test went wrong. */
  killGroup(): void {
    if (!this.groupIsGone) this.signalGroup('SIGKILL');
  }

  signalGroup(signal: NodeJS.Signals | 0): void {
    if (this.process.pid !== undefined) process.kill(-this.process.pid, signal);
  }
}

/** `imbi start` on a data directory, ports of its own. */
export class StartedImbi extends CliProcess {
  constructor(
    private readonly directory: string,
    env: Readonly<Record<string, string>> = {},
    program: readonly string[] = DIRECT,
  ) {
    super(program, ['start'], { ...startEnvironment(directory), ...env });
  }

  /** Resolves when everything a start does is done, to the address of the API. */
  async ready(): Promise<string> {
    const deadline = performance.now() + READY_MILLISECONDS;
    let over = false;
    void this.ended.then(() => {
      over = true;
    });
    while (performance.now() < deadline && !over) {
      const address = this.serverFile();
      if (address?.pid !== undefined && this.stderr.includes('Ctrl-C stops it') && (await isReady(address.url))) {
        return address.url;
      }
      await delay(50);
    }
    throw new Error(`Imbi was not ready:\n${this.stderr}\n${this.stdout.slice(-4000)}`);
  }

  /** Stops it as a user would, if it still runs. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill(signal);
    return this.ended;
  }

  private serverFile(): { url: string; pid: number } | undefined {
    try {
      return JSON.parse(readFileSync(path.join(this.directory, 'server.json'), 'utf8'));
    } catch {
      return undefined;
    }
  }
}

/** Any free ports, no noise; limits that no test meets. */
export function startEnvironment(directory: string): Record<string, string> {
  return {
    IMBI_DATA_DIR: directory,
    IMBI_PORT: '0',
    IMBI_MAIL_CATCHER_SMTP_PORT: '0',
    IMBI_MAIL_CATCHER_WEB_PORT: '0',
    IMBI_RATE_LIMIT_LOGIN_PER_MINUTE: '10000',
    IMBI_RATE_LIMIT_REFRESH_PER_MINUTE: '10000',
    IMBI_RATE_LIMIT_PER_MINUTE: '1000000',
    IMBI_RATE_LIMIT_FAILED_CREDENTIALS_PER_MINUTE: '1000000',
  };
}

// What the test runner was told about engines is not for these: they are about the embedded ones.
function plainEnvironment(): NodeJS.ProcessEnv {
  const dropped = /^(IMBI_|DATABASE_URL$|REDIS_URL$|CLICKHOUSE_URL$|SMTP_URL$|S3_|NODE_ENV$|NODE_OPTIONS$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !dropped.test(name)));
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(new URL('/status/ready', url))).ok;
  } catch {
    return false;
  }
}
