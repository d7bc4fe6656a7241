import type { ByteReader } from './byte-reader.js';
import { malformed } from './content-error.js';
import { exifPayload, orientationOf } from './exif.js';
import type { Findings, Inspector } from './findings.js';
import { dropTrailer } from './trailer.js';

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP14 = 0xee;
const APP15 = 0xef;
const COM = 0xfe;
const STUFFED = 0x00;
const FILL = 0xff;
const SCAN_BYTES = 65_536;

const isRestart = (code: number) => code >= 0xd0 && code <= 0xd7;
// SOF0–SOF15 without the tables and the extension that sit among them.
const isFrame = (code: number) => code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc;

/**
 * Drops from a JPEG all that is about its author (EXIF, XMP, IPTC, comments) but how it is turned, and whatever
 * follows its end.
 */
export const inspectJpeg: Inspector = async function* (reader, findings) {
  yield await reader.take(2);
  const seen = { frame: false, scan: false, orientation: false };
  for (;;) {
    const code = await nextMarker(reader);
    if (code === EOI) {
      if (!seen.scan) throw malformed('it has no image');
      yield Buffer.from([FILL, EOI]);
      return dropTrailer(reader);
    }
    if (code === SOI || code === STUFFED || isRestart(code)) throw malformed('its segments are out of order');
    const length = (await reader.take(2)).readUInt16BE(0);
    if (length < 2) throw malformed('it has a segment without a length');
    const payload = await reader.take(length - 2);
    if (isFrame(code)) {
      seen.frame = true;
      readFrame(payload, findings);
    }
    if (isKept(code, payload)) yield segment(code, payload);
    else if (code === APP1 && !seen.orientation && payload.toString('latin1', 0, 4) === 'Exif') {
      const orientation = orientationOf(payload);
      findings.setOrientation(orientation);
      seen.orientation = true;
      if (orientation !== 1) yield segment(APP1, exifPayload(orientation));
    }
    if (code !== SOS) continue;
    if (!seen.frame) throw malformed('its pixels come before its size');
    seen.scan = true;
    yield* scan(reader);
  }
};

function isKept(code: number, payload: Buffer): boolean {
  // JFIF, colour profiles and how Adobe encodes colours: without them the image looks different.
  if (code === APP0 || code === APP14) return true;
  if (code === APP2) return payload.toString('latin1', 0, 12) === 'ICC_PROFILE\0';
  return code !== COM && (code < APP0 || code > APP15);
}

function segment(code: number, payload: Buffer): Buffer {
  const start = Buffer.from([FILL, code, 0, 0]);
  start.writeUInt16BE(payload.length + 2, 2);
  return Buffer.concat([start, payload]);
}

function readFrame(payload: Buffer, findings: Findings): void {
  if (payload.length < 6) throw malformed('its size is missing');
  findings.setSize(payload.readUInt16BE(3), payload.readUInt16BE(1));
}

async function nextMarker(reader: ByteReader): Promise<number> {
  const [start = 0] = await reader.take(1);
  if (start !== FILL) throw malformed('something lies between its segments');
  for (;;) {
    const [code = 0] = await reader.take(1);
    if (code !== FILL) return code;
  }
}

/** Pixels, up to the marker after them. */
async function* scan(reader: ByteReader): AsyncGenerator<Buffer> {
  for (;;) {
    const bytes = await reader.takeSome(SCAN_BYTES);
    if (!bytes) throw malformed('it ends too early');
    const end = endOfPixels(bytes);
    if (end === -1) {
      yield bytes;
      continue;
    }
    const isCutOff = end === bytes.length - 1;
    reader.unread(bytes.subarray(end));
    if (end > 0) yield bytes.subarray(0, end);
    if (!isCutOff) return;
    // The marker's two bytes came in two chunks: look again with both in hand.
    const both = await reader.peek(2);
    if (both.length < 2) throw malformed('it ends too early');
    if (endOfPixels(both) !== -1) return;
    yield await reader.take(2);
  }
}

/** Where the first marker, or a last byte that may be half of one, is; −1 where there is none. */
function endOfPixels(bytes: Buffer): number {
  for (let at = bytes.indexOf(FILL); at !== -1; at = bytes.indexOf(FILL, at + 1)) {
    const next = bytes[at + 1];
    if (next === undefined) return at;
    if (next === STUFFED || isRestart(next)) {
      at += 1;
      continue;
    }
    return at;
  }
  return -1;
}
