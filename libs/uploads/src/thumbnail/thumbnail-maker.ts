import { malformed } from '../content/content-error.js';

const SIDE = 256;
const QUALITY = 85;

export interface Thumbnail {
  readonly bytes: Buffer;
  /** The image itself as it is to be shown, where it was stored turned; undefined where it is fine as it is. */
  readonly upright: Buffer | undefined;
}

/** Kinds that can be stored turned, and are written anew the right way up. */
const TURNED: Readonly<Record<string, 'jpeg' | 'webp'>> = { 'image/jpeg': 'jpeg', 'image/webp': 'webp' };

/**
 * Decodes an image. sharp and its native code are loaded by the first one only, and never by a process that runs no jobs.
 * @throws DomainError `upload_malformed` where it cannot be decoded
 */
export async function makeThumbnail(image: Buffer, contentType: string, maxPixels: number): Promise<Thumbnail> {
  const { default: sharp } = await import('sharp');
  // Nothing is decoded twice, so a cache would only hold memory.
  sharp.cache(false);
  sharp.concurrency(1);
  const options = { failOn: 'error', limitInputPixels: maxPixels, sequentialRead: true } as const;
  try {
    const { orientation = 1, pages = 1 } = await sharp(image, options).metadata();
    const bytes = await sharp(image, { ...options, pages: 1 })
      .autoOrient()
      .resize({ width: SIDE, height: SIDE, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: QUALITY })
      .toBuffer();
    const format = TURNED[contentType];
    const isTurned = orientation !== 1 && pages === 1 && format !== undefined;
    const upright = isTurned
      ? await sharp(image, options).autoOrient().keepIccProfile().toFormat(format, { quality: 92 }).toBuffer()
      : undefined;
    return { bytes, upright };
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : 'it cannot be decoded');
  }
}
