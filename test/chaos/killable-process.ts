import { type ChildProcess, spawn } from 'node:child_process';

/** A process of the product that a test kills and starts again. */
export class KillableProcess {
  kills = 0;
  private child: ChildProcess | undefined;
  private exit: Promise<number | null> = Promise.resolve(null);
  private output = '';

  constructor(
    readonly name: string,
    private readonly args: readonly string[],
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  start(): void {
    const child = spawn(process.execPath, [...this.args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...this.environment },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.output = `${this.output}${chunk.toString()}`.slice(-20_000);
      });
    }
    this.child = child;
    this.exit = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  }

  /** kill -9: no handler of the process runs. */
  async kill(): Promise<void> {
    this.kills += 1;
    await this.end('SIGKILL');
  }

  /** @returns the exit code */
  async stop(): Promise<number | null> {
    return this.end('SIGTERM');
  }

  send(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Resolves when the process has ended by itself or by anybody's hand; at once where it already has. */
  get ended(): Promise<number | null> {
    return this.exit;
  }

  get lastOutput(): string {
    return this.output;
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    this.child?.kill(signal);
    this.child = undefined;
    return this.exit;
  }
}
