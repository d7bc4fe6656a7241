import { Inject, Injectable } from '@nestjs/common';
import { createLogger } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { Graph } from '#libs/graph';
import { OnSchedule } from '#libs/queue';
import { OBJECT_STORAGE, type ObjectStorage } from '#libs/storage';
import { OBJECTS_PREFIX, THUMBNAILS_PREFIX, Upload } from '../model/upload.vertex.js';
import { removeUpload } from '../model/uploads.repository.js';
import { ObjectRemoval } from './object-removal.handler.js';

const PAGE = 200;
const logger = createLogger('uploads');

/** Clears away what died half way: rows whose file never came, objects that no row names, and halves of objects. */
@Injectable()
export class UploadJanitor {
  constructor(
    private readonly graph: Graph,
    private readonly removal: ObjectRemoval,
    @Inject(OBJECT_STORAGE) private readonly storage: ObjectStorage,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @OnSchedule('abandoned-uploads', { everySeconds: 600 })
  async clearRows(): Promise<void> {
    await this.removeAbandoned(this.before());
  }

  @OnSchedule('orphaned-objects', { everySeconds: 6 * 3600 })
  async clearObjects(): Promise<void> {
    await this.removeOrphans(this.before());
  }

  /** Apart from the objects: a bucket may grant one and refuse the other. */
  @OnSchedule('interrupted-writes', { everySeconds: 6 * 3600 })
  async clearHalves(): Promise<void> {
    await this.removeHalves(this.before());
  }

  /** Removes pending uploads that were begun before; returns how many. */
  async removeAbandoned(before: Date): Promise<number> {
    let removed = 0;
    for (;;) {
      const count = await this.graph.transaction(async (tx) => {
        const where = { status: 'pending', created_at: { lt: before.toISOString() } } as const;
        const { items } = await tx.list(Upload, { where, order: [[['created_at'], 'asc']], limit: PAGE });
        for (const { id } of items) {
          const upload = await tx.lock(Upload, id, { forRemoval: true });
          if (upload?.status === 'pending') await removeUpload(tx, upload);
        }
        return items.length;
      });
      removed += count;
      if (count < PAGE) break;
    }
    if (removed > 0) logger.info({ removed }, 'abandoned uploads were cleared away');
    return removed;
  }

  /** Removes objects and thumbnails, stored before, of which no upload knows; returns how many. */
  async removeOrphans(before: Date): Promise<number> {
    let removed = 0;
    for (const prefix of [OBJECTS_PREFIX, THUMBNAILS_PREFIX]) {
      let cursor: string | undefined;
      do {
        const page = await this.storage.list(prefix, { limit: PAGE, cursor });
        const old = page.objects.filter(({ modifiedAt }) => modifiedAt < before);
        // A thumbnail is called as its object is.
        const keys = old.map(({ key }) => OBJECTS_PREFIX + key.slice(prefix.length));
        removed += await this.removal.removeUnnamed(keys);
        cursor = page.cursor;
      } while (cursor !== undefined);
    }
    if (removed > 0) logger.info({ removed }, 'objects without an upload were cleared away');
    return removed;
  }

  /** Removes what was being stored when its writer died, before; returns how many pieces. */
  async removeHalves(before: Date): Promise<number> {
    let removed = 0;
    for (const prefix of [OBJECTS_PREFIX, THUMBNAILS_PREFIX]) removed += await this.storage.sweep(prefix, before);
    if (removed > 0) logger.info({ removed }, 'halves of objects were cleared away');
    return removed;
  }

  private before(): Date {
    return new Date(Date.now() - this.config.uploads.pendingTtl * 1000);
  }
}
