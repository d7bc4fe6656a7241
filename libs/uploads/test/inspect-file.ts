import { isDomainError } from '#libs/common';
import { fileType } from '../src/content/file-types.js';
import { Findings, type PixelLimits } from '../src/content/findings.js';
import { inspectContent } from '../src/content/inspect.js';

export interface Inspected {
  /** `kept`, or the code of the refusal. */
  readonly outcome: string;
  readonly bytes: Buffer;
  readonly width?: number;
  readonly height?: number;
}

const LIMITS: PixelLimits = { maxSide: 16_384, maxPixels: 100_000_000 };

/** What becomes of bytes that are said to be of a type, however they are cut into chunks. */
export async function inspectFile(type: string, content: Buffer | string, chunkBytes = 65_536): Promise<Inspected> {
  const bytes = Buffer.from(content as string);
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
  const known = fileType(type);
  if (!known) throw new Error(`There is no type ${type}`);
  const findings = new Findings(LIMITS);
  const kept: Buffer[] = [];
  try {
    for await (const part of inspectContent(chunks(), known, findings)) kept.push(Buffer.from(part));
  } catch (error) {
    if (!isDomainError(error)) throw error;
    return { outcome: error.code, bytes: Buffer.alloc(0) };
  }
  const { width, height } = findings;
  return { outcome: 'kept', bytes: Buffer.concat(kept), width, height };
}
