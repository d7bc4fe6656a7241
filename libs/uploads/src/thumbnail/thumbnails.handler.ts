import { buffer } from 'node:stream/consumers';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { isDomainError } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { Graph } from '#libs/graph';
import { type JobContext, OnJob } from '#libs/queue';
import { OBJECT_STORAGE, type ObjectStorage } from '#libs/storage';
import { ObjectRemoval } from '../cleanup/object-removal.handler.js';
import { thumbnailKey, Upload } from '../model/upload.vertex.js';
import { UploadsRepository, type UploadVertex } from '../model/uploads.repository.js';
import { UPLOAD_PROBE, type UploadProbe } from '../upload-probe.js';
import { makeThumbnail } from './make-thumbnail.job.js';
import { makeThumbnail as decode, type Thumbnail } from './thumbnail-maker.js';

/** Makes thumbnails, and sets images upright that are stored turned. */
@Injectable()
export class Thumbnails {
  private readonly uploads: UploadsRepository;

  constructor(
    private readonly graph: Graph,
    private readonly removal: ObjectRemoval,
    @Inject(OBJECT_STORAGE) private readonly storage: ObjectStorage,
    @Inject(CONFIG) private readonly config: Config,
    @Optional() @Inject(UPLOAD_PROBE) private readonly probe?: UploadProbe,
  ) {
    this.uploads = new UploadsRepository(graph.read);
  }

  @OnJob(makeThumbnail)
  async make({ upload_id: id }: { upload_id: string }, { attempt, logger }: JobContext): Promise<void> {
    const upload = await this.uploads.findReady(id);
    if (upload?.thumbnail_status !== 'pending') return;
    let made: Thumbnail | undefined;
    try {
      made = await this.decode(upload);
    } catch (error) {
      const isFinal = isDomainError(error) && ['upload_malformed', 'object_not_found'].includes(error.code);
      if (!isFinal && attempt < makeThumbnail.retry.attempts) throw error;
      logger.info({ upload: id, reason: String(error) }, 'no thumbnail can be made');
    }
    if (made) await this.store(upload, made);
    await this.conclude(upload, made ? 'ready' : 'failed');
    await this.probe?.('thumbnail ready');
  }

  private async decode({ s3_key, content_type }: UploadVertex): Promise<Thumbnail> {
    const { body } = await this.storage.get(s3_key);
    return decode(await buffer(body), content_type, this.config.uploads.maxMegapixels * 1_000_000);
  }

  private async store({ s3_key, content_type }: UploadVertex, { bytes, upright }: Thumbnail): Promise<void> {
    await this.storage.put(thumbnailKey(s3_key), bytes, { contentType: 'image/webp' });
    await this.probe?.('thumbnail stored');
    if (upright) await this.storage.put(s3_key, upright, { contentType: content_type });
  }

  private async conclude({ id, s3_key }: UploadVertex, status: 'ready' | 'failed'): Promise<void> {
    await this.graph.transaction((tx) => tx.patch(Upload, id, { set: { thumbnail_status: status } }));
    // The upload may have gone meanwhile, and what was just stored must go after it.
    await this.removal.removeUnnamed([s3_key]);
  }
}
