import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '#libs/config';
import { ApiLinks, OBJECT_STORAGE, type ObjectStorage } from '#libs/storage';
import { fileType } from '../content/file-types.js';
import { thumbnailKey } from '../model/upload.vertex.js';
import type { UploadVertex } from '../model/uploads.repository.js';

const SVG = 'image/svg+xml';

/** Short-lived addresses of files, under which nothing is asked any more. */
@Injectable()
export class UploadLinks {
  constructor(
    @Inject(OBJECT_STORAGE) private readonly storage: ObjectStorage,
    private readonly apiLinks: ApiLinks,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async toFile({ s3_key, content_type, filename }: UploadVertex, isSaved: boolean): Promise<string> {
    const type = fileType(content_type);
    const options = {
      method: 'GET',
      expiresInSeconds: this.config.storage.urlTtl,
      contentType: type?.served ?? 'application/octet-stream',
      disposition: { type: type?.isShown && !isSaved ? 'inline' : 'attachment', filename },
    } as const;
    // The one kind of image that can hold script: its sanitising is not the only thing that keeps that from running.
    return content_type === SVG ? this.apiLinks.url(s3_key, options) : this.storage.signedUrl(s3_key, options);
  }

  async toThumbnail({ s3_key, filename }: UploadVertex): Promise<string> {
    return this.storage.signedUrl(thumbnailKey(s3_key), {
      method: 'GET',
      expiresInSeconds: this.config.storage.urlTtl,
      contentType: 'image/webp',
      disposition: { type: 'inline', filename: `${filename.replace(/\.[^.]*$/, '')}.webp` },
    });
  }
}
