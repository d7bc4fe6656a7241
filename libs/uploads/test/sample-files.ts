import { deflateRawSync, deflateSync } from 'node:zlib';
import sharp from 'sharp';

/** A photograph with a camera, a place and an orientation in its metadata. */
export async function photo(
  format: 'jpeg' | 'png' | 'webp' | 'avif',
  { width = 64, height = 48, orientation = 1 } = {},
): Promise<Buffer> {
  const pixels = Buffer.from(Array.from({ length: width * height * 3 }, (_one, index) => (index * 7919) % 256));
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .withMetadata({ orientation })
    .withExifMerge({ IFD0: { Make: 'SecretCamera', Artist: 'Secret Person' }, IFD3: { GPSLatitude: '48/1 8/1 0/1' } })
    .toFormat(format)
    .toBuffer();
}

/** Three frames, red, green and blue. */
export async function animation(format: 'gif' | 'webp'): Promise<Buffer> {
  const frame = (r: number, g: number, b: number) =>
    sharp({ create: { width: 32, height: 16, channels: 3, background: { r, g, b } } })
      .png()
      .toBuffer();
  const frames = await Promise.all([frame(255, 0, 0), frame(0, 255, 0), frame(0, 0, 255)]);
  return sharp(frames, { join: { animated: true } })
    .toFormat(format, { delay: [100, 100, 100] })
    .toBuffer();
}

/** An archive with one file. */
export function zip(content: Buffer | string = 'hello', name = 'hello.txt'): Buffer {
  const data = deflateRawSync(content);
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(8, 4);
  fields.writeUInt32LE(data.length, 14);
  fields.writeUInt32LE(Buffer.byteLength(content), 18);
  fields.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), data]);
  const entry = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\x00', 'latin1'),
    fields,
    Buffer.alloc(14),
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(entry.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, entry, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

export function pdf(body = ''): Buffer {
  return Buffer.from(`%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n${body}\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n`);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const start = Buffer.alloc(8);
  start.writeUInt32BE(data.length, 0);
  start.write(type, 4, 'latin1');
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(Buffer.concat([start.subarray(4), data])));
  return Buffer.concat([start, data, crc]);
}

/** A PNG of any size, whose pixels are a few bytes that would become gigabytes. */
export function pngOf(width: number, height: number, more: readonly [string, Buffer][] = []): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    ...more.map(([type, data]) => pngChunk(type, data)),
    pngChunk('IDAT', deflateSync(Buffer.alloc(Math.min(1_000_000, (width + 1) * height)))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A PNG of the right form whose pixels are none. */
export function pngWithGarbage(): Buffer {
  const whole = pngOf(64, 64);
  const at = whole.indexOf('IDAT');
  return Buffer.concat([
    whole.subarray(0, at - 4),
    pngChunk('IDAT', Buffer.from('these are no pixels at all')),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** All but the last bytes. */
export function without(bytes: Buffer, length: number): Buffer {
  return bytes.subarray(0, bytes.length - length);
}
