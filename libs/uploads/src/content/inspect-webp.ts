import type { ByteReader } from './byte-reader.js';
import { malformed } from './content-error.js';
import { orientationBlock, orientationOf } from './exif.js';
import type { Findings, Inspector } from './findings.js';
import { refuseTrailer } from './trailer.js';

const XMP_FLAG = 0x04;
const KEPT = new Set(['VP8X', 'VP8 ', 'VP8L', 'ALPH', 'ANIM', 'ANMF', 'ICCP']);
const MAX_EXIF = 1024 * 1024;

/**
 * Blanks what a WEBP says of its author; nothing moves, because its length stands at its beginning. What is turned stays
 * turned: then a block of EXIF that says no more than that takes the place of the old one.
 */
export const inspectWebp: Inspector = async function* (reader, findings) {
  const start = await reader.take(12);
  const end = start.readUInt32LE(4) + 8;
  if (end % 2 !== 0) throw malformed('its length is odd');
  yield start;
  for (let isFirst = true; reader.position < end; isFirst = false) {
    const header = await reader.take(8);
    const name = header.toString('latin1', 0, 4);
    const length = header.readUInt32LE(4);
    const padded = length + (length % 2);
    if (reader.position + padded > end) throw malformed('a part of it is longer than the whole');
    if (isFirst) await readSize(reader, name, findings);
    if (name === 'VP8X') yield* extendedHeader(reader, header, padded);
    else if (KEPT.has(name)) {
      yield header;
      yield* reader.takeMany(padded);
    } else yield* blanked(reader, header, padded, findings);
  }
  await refuseTrailer(reader);
};

async function readSize(reader: ByteReader, name: string, findings: Findings): Promise<void> {
  const bytes = await reader.peek(10);
  if (bytes.length < 10) throw malformed('it ends too early');
  if (name === 'VP8X') return findings.setSize(bytes.readUIntLE(4, 3) + 1, bytes.readUIntLE(7, 3) + 1);
  if (name === 'VP8 ') {
    if (bytes.readUIntBE(3, 3) !== 0x9d012a) throw malformed('its first frame has no start');
    return findings.setSize(bytes.readUInt16LE(6) & 0x3fff, bytes.readUInt16LE(8) & 0x3fff);
  }
  if (name !== 'VP8L' || bytes[0] !== 0x2f) throw malformed('it does not begin with an image');
  const packed = bytes.readUInt32LE(1);
  return findings.setSize((packed & 0x3fff) + 1, ((packed >>> 14) & 0x3fff) + 1);
}

async function* extendedHeader(reader: ByteReader, header: Buffer, length: number): AsyncGenerator<Buffer> {
  if (length < 10) throw malformed('its header is too short');
  const payload = Buffer.from(await reader.take(10));
  payload[0] = (payload[0] ?? 0) & ~XMP_FLAG;
  yield header;
  yield payload;
  yield* reader.takeMany(length - 10);
}

// Readers skip chunks that they do not know, and do not mind a flag for EXIF where there is none.
async function* blanked(
  reader: ByteReader,
  header: Buffer,
  length: number,
  findings: Findings,
): AsyncGenerator<Buffer> {
  const isExif = header.toString('latin1', 0, 4) === 'EXIF' && length <= MAX_EXIF;
  const orientation = isExif ? orientationOf(await reader.peek(length)) : 1;
  const block = orientationBlock(orientation);
  const isTurned = orientation !== 1 && length >= block.length;
  if (isTurned) findings.setOrientation(orientation);
  yield Buffer.concat([Buffer.from(isTurned ? 'EXIF' : 'JUNK', 'latin1'), header.subarray(4)]);
  let position = 0;
  for await (const bytes of reader.takeMany(length)) {
    const zeros = Buffer.alloc(bytes.length);
    if (isTurned && position < block.length) block.copy(zeros, 0, position);
    position += bytes.length;
    yield zeros;
  }
}
