import { malformed } from './content-error.js';
import type { Inspector } from './findings.js';
import { refuseTrailer } from './trailer.js';

const SIGNATURE_BYTES = 8;
const MAX_CHUNK = 0x7fff_ffff;
const CRITICAL = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND']);
// What changes how the image looks, and animation. Text, times and EXIF are about its author.
const KEPT = new Set([
  ...CRITICAL,
  ...['tRNS', 'cHRM', 'gAMA', 'iCCP', 'sBIT', 'sRGB', 'cICP', 'bKGD', 'hIST', 'pHYs', 'sPLT'],
  ...['acTL', 'fcTL', 'fdAT'],
]);
const HEADER_BYTES = 13;
const CRC_BYTES = 4;

/** Drops the chunks of a PNG that say something of its author, and refuses what follows its end. */
export const inspectPng: Inspector = async function* (reader, findings) {
  yield await reader.take(SIGNATURE_BYTES);
  for (let isFirst = true; ; isFirst = false) {
    const start = await reader.take(8);
    const length = start.readUInt32BE(0);
    const type = start.toString('latin1', 4);
    if (length > MAX_CHUNK || !/^[A-Za-z]{4}$/.test(type)) throw malformed('it has a chunk that is none');
    if (isFirst !== (type === 'IHDR') || (isFirst && length !== HEADER_BYTES)) throw malformed('its header is missing');
    if (isFirst) {
      const header = await reader.peek(HEADER_BYTES);
      if (header.length < HEADER_BYTES) throw malformed('it ends too early');
      findings.setSize(header.readUInt32BE(0), header.readUInt32BE(4));
    }
    // An upper-case first letter says that the image cannot be shown without the chunk.
    if (/^[A-Z]/.test(type) && !CRITICAL.has(type)) throw malformed(`it has the unknown chunk ${type}`);
    const isKept = KEPT.has(type);
    if (isKept) yield start;
    for await (const bytes of reader.takeMany(length + CRC_BYTES)) if (isKept) yield bytes;
    if (type !== 'IEND') continue;
    if (length > 0) throw malformed('its end is not empty');
    return refuseTrailer(reader);
  }
};
