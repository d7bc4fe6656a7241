import { type Client, createProject, type Project, updateProject } from '#sdk';

/** What the server has said yes to. */
export interface Acknowledged {
  /** Project id → the highest version that was acknowledged. */
  readonly versions: Map<string, number>;
  attempts: number;
  /** Statuses of answers that no retry would change. */
  readonly refused: string[];
}

/**
 * Writes projects without a break until told to stop, and notes what was acknowledged. After a crash a writer cannot know
 * whether its call was carried out: it makes sure, as a careful client would.
 */
export class Writers {
  readonly acknowledged: Acknowledged = { versions: new Map(), attempts: 0, refused: [] };
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
      const created = await this.insist(
        () => createProject({ client: this.client(), path: { org: this.org }, body }),
        () => this.find(body.slug),
      );
      if (!created) continue;
      this.acknowledged.versions.set(created.id, created.version);
      const patched = await this.insist(
        () =>
          updateProject({
            client: this.client(),
            path: { org: this.org, id: created.id },
            body: { ...body, name: `${body.name} renamed` },
            headers: { 'if-match': `"${created.version}"` },
          }),
        () => this.find(body.slug),
      );
      if (patched) this.acknowledged.versions.set(patched.id, patched.version);
      await new Promise((resolve) => setTimeout(resolve, this.pauseMilliseconds));
    }
  }

  // Until it is acknowledged: by its answer, or by what is found where an earlier try turns out to have been done.
  private async insist(
    call: () => Promise<{ data?: Project; response?: Response }>,
    find: () => Promise<Project | undefined>,
  ): Promise<Project | undefined> {
    while (!this.stopped) {
      this.acknowledged.attempts += 1;
      try {
        const { data, response } = await call();
        if (data) return data;
        if (response?.status === 409 || response?.status === 412) {
          const found = await find();
          if (found) return found;
        } else if (response && response.status < 500 && response.status !== 401) {
          this.acknowledged.refused.push(`${response.status}`);
          return undefined;
        }
      } catch {
        // The server is down.
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return undefined;
  }

  private async find(slug: string): Promise<Project | undefined> {
    const { data } = await this.client().get<{ 200: Project }>({
      url: `/api/organizations/${this.org}/projects/by-slug/${slug}`,
    });
    return data;
  }
}
