import { type AvifItems, readAvifItems } from './avif-items.js';
import { malformed } from './content-error.js';
import type { Inspector } from './findings.js';

const MAX_META = 1024 * 1024;
const PLAIN_HEADER = 8;
const LONG_HEADER = 16;

/** Blanks what an AVIF says of its author, where it lies, and checks that its boxes add up to the file. */
export const inspectAvif: Inspector = async function* (reader, findings) {
  let items: AvifItems | undefined;
  while (!(await reader.atEnd())) {
    const start = reader.position;
    const { header, length, name } = readBox(await reader.peek(LONG_HEADER));
    if (name === 'meta') {
      if (items || length > MAX_META) throw malformed('its description is too large, or there twice');
      const meta = Buffer.from(await reader.take(length));
      items = readAvifItems(meta, start);
      findings.setSize(items.width, items.height);
      yield meta;
      continue;
    }
    if (name === 'mdat' && !items) throw malformed('its pixels come before their description');
    yield await reader.take(header);
    let position = start + header;
    for await (const bytes of reader.takeMany(length - header)) {
      yield items ? blank(bytes, position, items.private) : bytes;
      position += bytes.length;
    }
  }
  if (!items) throw malformed('it describes no image');
};

function readBox(bytes: Buffer): { header: number; length: number; name: string } {
  if (bytes.length < PLAIN_HEADER) throw malformed('it ends too early, or something follows its end');
  const name = bytes.toString('latin1', 4, 8);
  const short = bytes.readUInt32BE(0);
  if (!/^[\x20-\x7e]{4}$/.test(name)) throw malformed('it has a box that is none');
  const isLong = short === 1;
  if (isLong && bytes.length < LONG_HEADER) throw malformed('it ends too early');
  const length = isLong ? Number(bytes.readBigUInt64BE(8)) : short;
  const header = isLong ? LONG_HEADER : PLAIN_HEADER;
  if (length < header || !Number.isSafeInteger(length)) throw malformed('it has a box without a length');
  return { header, length, name };
}

function blank(bytes: Buffer, position: number, ranges: AvifItems['private']): Buffer {
  const hit = ranges.filter(({ start, end }) => start < position + bytes.length && end > position);
  if (hit.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  for (const { start, end } of hit) copy.fill(0, Math.max(0, start - position), Math.min(copy.length, end - position));
  return copy;
}
