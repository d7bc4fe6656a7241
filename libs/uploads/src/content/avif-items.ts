import { malformed } from './content-error.js';

/** What the `meta` box of an AVIF says (ISO/IEC 14496-12, 23008-12). */
export interface AvifItems {
  readonly width: number;
  readonly height: number;
  /** Where in the file EXIF and XMP are; ends are exclusive. */
  readonly private: readonly { readonly start: number; readonly end: number }[];
}

const MAX_ITEMS = 10_000;
const ABSOLUTE = 0;
const IN_DESCRIPTION = 1;

interface Box {
  readonly name: string;
  /** Of its content, within the meta box. */
  readonly start: number;
  readonly end: number;
}

/** Reads, and takes out of `meta` itself what is private in it; `offset` is where in the file it begins. */
export function readAvifItems(meta: Buffer, offset: number): AvifItems {
  try {
    return read(meta, offset);
  } catch (error) {
    if (isPastTheEnd(error)) throw malformed('its description ends too early');
    throw error;
  }
}

// By its code: what Node throws is not always an instance of the RangeError in sight.
function isPastTheEnd(error: unknown): boolean {
  return ['ERR_OUT_OF_RANGE', 'ERR_BUFFER_OUT_OF_BOUNDS'].includes(Object(error).code);
}

function read(meta: Buffer, offset: number): AvifItems {
  const boxes = boxesOf(meta, 12, meta.length);
  const properties = boxes.find(({ name }) => name === 'iprp');
  const container = properties && boxesOf(meta, properties.start, properties.end).find(({ name }) => name === 'ipco');
  const sizes = container ? boxesOf(meta, container.start, container.end).filter(({ name }) => name === 'ispe') : [];
  if (sizes.length === 0) throw malformed('it does not say how large it is');
  const largest = sizes
    .map(({ start }) => ({ width: meta.readUInt32BE(start + 4), height: meta.readUInt32BE(start + 8) }))
    .reduce((one, other) => (one.width * one.height >= other.width * other.height ? one : other));
  const hidden = hideItems(meta, boxes);
  const idat = boxes.find(({ name }) => name === 'idat');
  const ranges = extentsOf(meta, boxes, hidden).map(({ method, start, length }) => {
    if (method === ABSOLUTE) return { start, end: start + length };
    const within = (idat?.start ?? meta.length) + start;
    meta.fill(0, within, Math.min(meta.length, within + length));
    return { start: offset + within, end: offset + within + length };
  });
  return { ...largest, private: ranges };
}

function boxesOf(bytes: Buffer, from: number, to: number): Box[] {
  const boxes: Box[] = [];
  for (let at = from; at < to; ) {
    const length = bytes.readUInt32BE(at);
    if (length < 8 || at + length > to || boxes.length >= MAX_ITEMS) throw malformed('its description does not add up');
    boxes.push({ name: bytes.toString('latin1', at + 4, at + 8), start: at + 8, end: at + length });
    at += length;
  }
  return boxes;
}

/** Renames the items that hold EXIF and XMP to what no reader knows; returns their ids. */
function hideItems(meta: Buffer, boxes: readonly Box[]): ReadonlySet<number> {
  const ids = new Set<number>();
  const info = boxes.find(({ name }) => name === 'iinf');
  if (!info) return ids;
  const isWide = (meta[info.start] ?? 0) > 0;
  for (const entry of boxesOf(meta, info.start + (isWide ? 8 : 6), info.end)) {
    const version = meta[entry.start] ?? 0;
    if (version < 2) throw malformed('its items are described in a way that AVIF does not have');
    const idBytes = version === 2 ? 2 : 4;
    const typeAt = entry.start + 4 + idBytes + 2;
    const type = meta.toString('latin1', typeAt, typeAt + 4);
    if (type !== 'Exif' && type !== 'mime') continue;
    ids.add(meta.readUIntBE(entry.start + 4, idBytes));
    meta.write('free', typeAt, 'latin1');
  }
  return ids;
}

interface Extent {
  readonly method: number;
  readonly start: number;
  readonly length: number;
}

function extentsOf(meta: Buffer, boxes: readonly Box[], wanted: ReadonlySet<number>): Extent[] {
  const location = boxes.find(({ name }) => name === 'iloc');
  if (!location || wanted.size === 0) return [];
  const version = meta[location.start] ?? 0;
  let at = location.start + 4;
  const next = (bytes: number): number => {
    const value = bytes === 0 ? 0 : bytes === 8 ? Number(meta.readBigUInt64BE(at)) : meta.readUIntBE(at, bytes);
    at += bytes;
    return value;
  };
  const sizes = next(2);
  const [offsetBytes, lengthBytes, baseBytes] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const indexBytes = version === 0 ? 0 : sizes & 15;
  if ([offsetBytes, lengthBytes, baseBytes, indexBytes].some((bytes) => ![0, 4, 8].includes(bytes))) {
    throw malformed('it says in a wrong way where its items are');
  }
  const extents: Extent[] = [];
  for (let items = next(version < 2 ? 2 : 4); items > 0; items -= 1) {
    const id = next(version < 2 ? 2 : 4);
    const method = version === 0 ? ABSOLUTE : next(2) & 15;
    next(2);
    const base = next(baseBytes);
    for (let count = next(2); count > 0; count -= 1) {
      next(indexBytes);
      const start = base + next(offsetBytes);
      const length = next(lengthBytes);
      if (!wanted.has(id)) continue;
      if (method !== ABSOLUTE && method !== IN_DESCRIPTION) throw malformed('it hides where its texts are');
      extents.push({ method, start, length: length === 0 ? Number.MAX_SAFE_INTEGER : length });
    }
  }
  return extents;
}
