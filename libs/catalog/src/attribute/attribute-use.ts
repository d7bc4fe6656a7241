import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { createLogger, errorMessage } from '#libs/common';
import { Graph } from '#libs/graph';
import { AttributeUsesRepository } from './attribute-uses.repository.js';

const GATHER_MS = 60_000;
/** Of more attributes than that, in one process and minute, nobody looks for the rest all day. */
const MAX_NAMES = 1000;
const logger = createLogger('attribute-indexes');

/**
 * Counts by which attributes projects are looked for. In memory, and written down by one statement a minute: no request
 * waits for it, and what a process that is killed had counted is lost.
 */
@Injectable()
export class AttributeUse implements OnModuleDestroy {
  private readonly uses: AttributeUsesRepository;
  private readonly counts = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(graph: Graph) {
    this.uses = new AttributeUsesRepository(graph.read);
  }

  note(names: readonly string[]): void {
    for (const name of new Set(names)) {
      const count = this.counts.get(name) ?? 0;
      if (count === 0 && this.counts.size >= MAX_NAMES) continue;
      this.counts.set(name, count + 1);
      this.timer ??= setTimeout(() => void this.flush(), GATHER_MS).unref();
    }
  }

  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.counts.size === 0) return;
    const counts = new Map(this.counts);
    this.counts.clear();
    try {
      await this.uses.add(counts);
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'the use of attributes could not be written down');
    }
  }

  async onModuleDestroy(): Promise<void> {
    await this.flush();
  }
}
