import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import { inspectFile } from '../../test/inspect-file.js';
import { animation, pdf, photo, pngOf, zip } from '../../test/sample-files.js';

const RASTER = ['jpeg', 'png', 'webp', 'avif'] as const;
const SECRETS = ['SecretCamera', 'Secret Person'];

async function pixelsOf(bytes: Buffer): Promise<Buffer> {
  return sharp(bytes, { pages: -1 }).raw().toBuffer();
}

describe('the inspection of images', () => {
  it.each(RASTER)('takes the metadata out of a %s and leaves every pixel as it was', async (format) => {
    const bytes = await photo(format);
    for (const secret of SECRETS) expect(bytes.includes(secret)).toBe(true);
    const kept = await inspectFile(`image/${format}`, bytes);
    expect(kept).toMatchObject({ outcome: 'kept', width: 64, height: 48 });
    for (const secret of SECRETS) expect(kept.bytes.includes(secret)).toBe(false);
    expect((await pixelsOf(kept.bytes)).equals(await pixelsOf(bytes))).toBe(true);
  });

  it.each([2, 3, 4, 5, 6, 7, 8])('keeps orientation %i of a JPEG, and nothing else', async (orientation) => {
    const kept = await inspectFile('image/jpeg', await photo('jpeg', { orientation }));
    expect([kept.width, kept.height]).toEqual(orientation >= 5 ? [48, 64] : [64, 48]);
    const metadata = await sharp(kept.bytes).metadata();
    expect(metadata.orientation).toBe(orientation);
    for (const secret of SECRETS) expect(kept.bytes.includes(secret)).toBe(false);
  });

  it('keeps the orientation of a WEBP', async () => {
    const kept = await inspectFile('image/webp', await photo('webp', { orientation: 6 }));
    expect([kept.width, kept.height]).toEqual([48, 64]);
    expect((await sharp(kept.bytes).metadata()).orientation).toBe(6);
    for (const secret of SECRETS) expect(kept.bytes.includes(secret)).toBe(false);
  });

  it.each(['gif', 'webp'] as const)('leaves an animated %s as it is', async (format) => {
    const bytes = await animation(format);
    const kept = await inspectFile(`image/${format}`, bytes);
    expect(kept).toMatchObject({ outcome: 'kept', width: 32, height: 16 });
    expect((await sharp(kept.bytes, { pages: -1 }).metadata()).pages).toBe(3);
    expect((await pixelsOf(kept.bytes)).equals(await pixelsOf(bytes))).toBe(true);
  });

  it('takes texts and times out of a PNG', async () => {
    const bytes = pngOf(2, 2, [
      ['tEXt', Buffer.from('Author\0Secret Person')],
      ['tIME', Buffer.alloc(7)],
      ['gAMA', Buffer.from([0, 0, 0xb1, 0x8f])],
    ]);
    const kept = await inspectFile('image/png', bytes);
    expect(kept.bytes.includes('Secret')).toBe(false);
    expect(kept.bytes.includes('tIME')).toBe(false);
    expect(kept.bytes.includes('gAMA')).toBe(true);
  });

  it('takes comments out of a GIF', async () => {
    const gif = await animation('gif');
    const comment = Buffer.from('\x21\xfe\x06Secret\0', 'latin1');
    const kept = await inspectFile('image/gif', Buffer.concat([gif.subarray(0, -1), comment, gif.subarray(-1)]));
    expect(kept.outcome).toBe('kept');
    expect(kept.bytes.includes('Secret')).toBe(false);
  });

  it('drops what telephones put after a JPEG', async () => {
    const jpeg = await photo('jpeg');
    const video = Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42', 'latin1'), Buffer.alloc(500, 7)]);
    const kept = await inspectFile('image/jpeg', Buffer.concat([jpeg, video]));
    expect(kept.outcome).toBe('kept');
    expect(kept.bytes.includes('ftypmp42')).toBe(false);
  });
});

describe('any inspection', () => {
  it('comes to the same however the file is cut into chunks', async () => {
    const files: [string, Buffer][] = [
      ['image/jpeg', await photo('jpeg', { orientation: 6 })],
      ['image/png', await photo('png')],
      ['image/webp', await photo('webp')],
      ['image/avif', await photo('avif')],
      ['image/gif', await animation('gif')],
      ['application/pdf', pdf()],
      ['application/zip', zip()],
      ['text/plain', Buffer.from('Ünïcödé 日本語 🎉 '.repeat(20))],
      ['image/svg+xml', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><title>Ünïcödé 🎉</title></svg>')],
    ];
    for (const [type, bytes] of files) {
      const whole = await inspectFile(type, bytes);
      expect([type, whole.outcome]).toEqual([type, 'kept']);
      for (const size of [1, 2, 3, 7, 64]) {
        const cut = await inspectFile(type, bytes, size);
        expect([type, size, cut.outcome, cut.bytes.equals(whole.bytes)]).toEqual([type, size, 'kept', true]);
      }
    }
  });

  it('refuses whatever is damaged, or keeps it; it never fails otherwise', async () => {
    const files = await Promise.all([photo('jpeg'), photo('png'), photo('webp'), photo('avif'), animation('gif')]);
    const types = ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/gif'];
    const damage = fc.record({
      file: fc.nat({ max: files.length - 1 }),
      at: fc.nat({ max: 400 }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ file, at, bytes }) => {
        const damaged = Buffer.from(files[file] ?? Buffer.alloc(0));
        damaged.set(bytes, Math.min(at, damaged.length - bytes.length));
        const { outcome } = await inspectFile(types[file] ?? '', damaged);
        expect(outcome).toMatch(/^(kept|upload_\w+)$/);
      }),
      { numRuns: Number(process.env['IMBI_TEST_DAMAGED_FILES'] ?? 300) },
    );
  });
});
