import type { ByteReader } from './byte-reader.js';
import { malformed, tooManyPixels } from './content-error.js';

export interface PixelLimits {
  /** The most pixels along one side. */
  readonly maxSide: number;
  /** The most pixels in all. */
  readonly maxPixels: number;
}

/** Checks the form of a file of one type as it streams by, and passes on what is to be kept of it. */
export type Inspector = (reader: ByteReader, findings: Findings) => AsyncGenerator<Buffer>;

/** What an inspection learns of an image. */
export class Findings {
  /** As it is shown, that is, with its orientation applied. */
  width: number | undefined;
  height: number | undefined;
  private isTurned = false;

  constructor(private readonly limits: PixelLimits) {}

  /** Called before a single pixel is decoded by anybody. @throws DomainError `upload_too_many_pixels` */
  setSize(width: number, height: number): void {
    if (width === 0 || height === 0) throw malformed('it has no pixels');
    const { maxSide, maxPixels } = this.limits;
    if (width > maxSide || height > maxSide || width * height > maxPixels) throw tooManyPixels(width, height);
    [this.width, this.height] = this.isTurned ? [height, width] : [width, height];
  }

  /** 1–8, as EXIF has it: from 5 on the image is shown turned by a quarter. */
  setOrientation(orientation: number): void {
    const isTurned = orientation >= 5;
    if (isTurned !== this.isTurned) [this.width, this.height] = [this.height, this.width];
    this.isTurned = isTurned;
  }
}
