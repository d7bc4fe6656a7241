import { Inject, Injectable, Optional } from '@nestjs/common';
import { Graph } from '#libs/graph';
import { OnEvent } from '#libs/queue';
import { OBJECT_STORAGE, type ObjectStorage } from '#libs/storage';
import { objectKey, thumbnailKey } from '../model/upload.vertex.js';
import { UploadsRepository } from '../model/uploads.repository.js';
import { UPLOAD_PROBE, type UploadProbe } from '../upload-probe.js';

/** Storage may be away for long. An organization goes with all its uploads, so there can be many. */
const PATIENT = {
  bulk: true,
  attempts: 20,
  backoff: { kind: 'exponential', baseMs: 1000, maxMs: 600_000, jitter: 0.5 },
} as const;

/** Removes objects, after the commit that left them without an upload. */
@Injectable()
export class ObjectRemoval {
  private readonly uploads: UploadsRepository;

  constructor(
    graph: Graph,
    @Inject(OBJECT_STORAGE) private readonly storage: ObjectStorage,
    @Optional() @Inject(UPLOAD_PROBE) private readonly probe?: UploadProbe,
  ) {
    this.uploads = new UploadsRepository(graph.read);
  }

  /** `key` is not there where an organization went with all it owned. */
  @OnEvent('upload.deleted', PATIENT)
  async uploadDeleted({ id, key }: { id: string; key?: string }): Promise<void> {
    await this.removeUnnamed([key ?? objectKey(id)]);
  }

  /** A twin had the same bytes, and its object is used. */
  @OnEvent('upload.object_released', PATIENT)
  async objectReleased({ key }: { key: string }): Promise<void> {
    await this.removeUnnamed([key]);
  }

  /**
   * Removes those of the objects, with their thumbnails, that no upload names; returns how many. Once nothing names an
   * object nothing ever will: new uploads have new keys, and a twin must be there to be shared with.
   */
  async removeUnnamed(keys: readonly string[]): Promise<number> {
    const named = await this.uploads.findNamedKeys(keys);
    const unnamed = keys.filter((key) => !named.has(key));
    if (unnamed.length === 0) return 0;
    await this.storage.deleteMany(unnamed);
    await this.probe?.('object removed');
    await this.storage.deleteMany(unnamed.map(thumbnailKey));
    await this.probe?.('thumbnail removed');
    return unnamed.length;
  }
}
