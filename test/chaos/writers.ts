import { randomUUID } from 'node:crypto';
import { type Client, createProject, updateProject } from '#sdk';

/** What the server has said yes to. */
export interface Acknowledged {
  /** Project id → the highest version that was acknowledged. */
  readonly versions: Map<string, number>;
  attempts: number;
  refused: number;
}

/**
 * Writes projects without a break until told to stop, each write with a key of its own so that a repeated one is done
 * once, and notes what was acknowledged.
 */
export class Writers {
  readonly acknowledged: Acknowledged = { versions: new Map(), attempts: 0, refused: 0 };
  private stopped = false;
  private readonly running: Promise<void>[] = [];

  constructor(
    private readonly client: () => Client,
    private readonly org: string,
    private readonly pauseMilliseconds: number,
  ) {}

  start(count: number): void {
    for (let index = 0; index < count; index += 1) this.running.push(this.write(index));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  private async write(writer: number): Promise<void> {
    for (let serial = 0; !this.stopped; serial += 1) {
      const body = {
        slug: `p-${writer}-${serial}`,
        name: `Project ${writer}.${serial}`,
        team: 'chaos',
        project_types: ['api'],
      };
      const created = await this.insist((headers) =>
        createProject({ client: this.client(), path: { org: this.org }, body, headers }),
      );
      if (!created) continue;
      this.acknowledged.versions.set(created.id, created.version);
      const patched = await this.insist(() =>
        updateProject({
          client: this.client(),
          path: { org: this.org, id: created.id },
          body: { name: `${body.name} renamed` },
          headers: { 'if-match': `"${created.version}"` },
        }),
      );
      if (patched) this.acknowledged.versions.set(patched.id, patched.version);
      await new Promise((resolve) => setTimeout(resolve, this.pauseMilliseconds));
    }
  }

  // Until it is acknowledged or refused for good; after a crash nobody can tell whether the first try was done.
  private async insist<Answer>(
    call: (headers: Record<string, string>) => Promise<{ data?: Answer; error?: unknown; response?: Response }>,
  ): Promise<Answer | undefined> {
    const headers = { 'idempotency-key': randomUUID() };
    for (;;) {
      this.acknowledged.attempts += 1;
      try {
        const { data, response } = await call(headers);
        if (data !== undefined) return data;
        if (response && response.status < 500 && ![401, 409, 429].includes(response.status)) {
          this.acknowledged.refused += 1;
          return undefined;
        }
      } catch {
        // The server is down.
      }
      if (this.stopped) return undefined;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
