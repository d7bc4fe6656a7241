import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp, { type Sharp } from 'sharp';
import { type HostileFile, hostileCorpus } from '../../libs/uploads/test/hostile-corpus.js';
import { animation, photo, pngWithGarbage } from '../../libs/uploads/test/sample-files.js';
import { type UploadWorld, until, uploadWorld } from './upload-world.js';

let world: UploadWorld;

beforeAll(async () => {
  world = await uploadWorld();
});

afterAll(() => world?.close());

/** As bytes on the wire: a client that means harm does not quote the names of its files. */
async function send({ name, type, bytes }: Omit<HostileFile, 'what' | 'outcome'>) {
  const body = Buffer.concat([
    Buffer.from(
      `--b\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: ${type}\r\n\r\n`,
    ),
    Buffer.from(bytes as string),
    Buffer.from('\r\n--b--\r\n'),
  ]);
  const response = await fetch(`${world.product.api.url}/api/uploads`, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.adminToken}`, 'content-type': 'multipart/form-data; boundary=b' },
    body,
  });
  const answer = (await response.json()) as { id: string; code: string; filename: string; detail?: string };
  return { status: response.status, ...answer };
}

async function thumbnailOf(id: string) {
  let status: string | null = 'pending';
  await until(async () => {
    status = (await world.call('GET', `/api/uploads/${id}/meta`)).body.thumbnail_status;
    return status !== 'pending';
  });
  if (status !== 'ready') return { status };
  const served = await world.follow(await world.call('GET', `/api/uploads/${id}/thumbnail`));
  const bytes = Buffer.from(await served.arrayBuffer());
  return { status, type: served.headers.get('content-type'), bytes, metadata: await sharp(bytes).metadata() };
}

async function original(id: string): Promise<Buffer> {
  const served = await world.follow(await world.call('GET', `/api/uploads/${id}`));
  expect(served.status).toBe(200);
  return Buffer.from(await served.arrayBuffer());
}

describe('the hostile corpus', () => {
  it('comes to what its table says, and what is refused leaves nothing', async () => {
    const corpus = await hostileCorpus();
    const outcomes: [string, string][] = [];
    let kept = 0;
    for (const file of corpus) {
      const answer = await send(file);
      const outcome = answer.status === 201 ? `kept as ${answer.filename}` : answer.code;
      if (answer.status === 201) kept += 1;
      else expect([400, 413, 415, 422]).toContain(answer.status);
      outcomes.push([file.what, outcome]);
    }
    expect(outcomes).toEqual(corpus.map(({ what, outcome }) => [what, outcome]));
    await until(async () => (await world.faults()).length === 0);
    const { body } = await world.call('GET', '/api/uploads?count=exact&limit=1');
    expect(body.total).toBe(kept);
  });
});

describe('a thumbnail', () => {
  it.each(['jpeg', 'png', 'webp', 'avif'] as const)('of a %s is a WEBP that fits, without metadata', async (format) => {
    const bytes = await photo(format, { width: 600, height: 400 });
    const { id } = await send({ name: `a.${format}`, type: `image/${format}`, bytes });
    const { type, metadata } = await thumbnailOf(id);
    expect(type).toBe('image/webp');
    expect(metadata).toMatchObject({ format: 'webp', width: 256, height: 171 });
    expect([metadata?.exif, metadata?.xmp, metadata?.iptc, metadata?.orientation]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    const stored = await sharp(await original(id)).metadata();
    expect([stored.width, stored.height, stored.exif]).toEqual([600, 400, undefined]);
  });

  it.each([2, 3, 4, 5, 6, 7, 8])(
    'of an image with orientation %i is upright, and so is the image then',
    async (orientation) => {
      // Red above blue, as it is meant to be seen.
      const upright = await sharp({ create: { width: 400, height: 600, channels: 3, background: '#0000ff' } })
        .composite([
          { input: { create: { width: 400, height: 300, channels: 3, background: '#ff0000' } }, top: 0, left: 0 },
        ])
        .removeAlpha()
        .raw()
        .toBuffer();
      const turned = await turnedBy(orientation, upright);
      const { id } = await send({ name: 'turned.jpg', type: 'image/jpeg', bytes: turned });
      const { metadata, bytes } = await thumbnailOf(id);
      expect([metadata?.width, metadata?.height, metadata?.orientation]).toEqual([171, 256, undefined]);
      for (const image of [bytes ?? Buffer.alloc(0), await original(id)]) {
        const { data, info } = await sharp(image).raw().toBuffer({ resolveWithObject: true });
        const at = (row: number) => [...data.subarray((row * info.width + 5) * info.channels).subarray(0, 3)];
        const [top, bottom] = [at(5), at(info.height - 6)];
        expect([top[0] ?? 0, bottom[2] ?? 0].every((value) => value > 200)).toBe(true);
      }
      const stored = await sharp(await original(id)).metadata();
      expect([stored.width, stored.height, stored.exif]).toEqual([400, 600, undefined]);
    },
  );

  it('is never larger than the image', async () => {
    const { id } = await send({
      name: 'small.png',
      type: 'image/png',
      bytes: await photo('png', { width: 20, height: 10 }),
    });
    expect((await thumbnailOf(id)).metadata).toMatchObject({ width: 20, height: 10 });
  });

  it.each(['gif', 'webp'] as const)('of an animated %s is its first frame', async (format) => {
    const { id } = await send({ name: `b.${format}`, type: `image/${format}`, bytes: await animation(format) });
    const { metadata, bytes } = await thumbnailOf(id);
    expect(metadata?.pages ?? 1).toBe(1);
    const [r = 0, g = 0, b = 0] = await sharp(bytes).removeAlpha().raw().toBuffer();
    expect([r > 240, g < 15, b < 15]).toEqual([true, true, true]);
  });

  it('keeps what is transparent', async () => {
    const bytes = await sharp({ create: { width: 300, height: 300, channels: 4, background: '#00ff0000' } })
      .png()
      .toBuffer();
    const { id } = await send({ name: 'clear.png', type: 'image/png', bytes });
    const thumbnail = await thumbnailOf(id);
    expect(thumbnail.metadata?.hasAlpha).toBe(true);
    expect((await sharp(thumbnail.bytes).raw().toBuffer())[3]).toBe(0);
  });

  it('fails for an image that has the right form and cannot be decoded', async () => {
    const { id } = await send({ name: 'noise.png', type: 'image/png', bytes: pngWithGarbage() });
    expect(await thumbnailOf(id)).toEqual({ status: 'failed' });
    const answer = await world.call('GET', `/api/uploads/${id}/thumbnail`);
    expect([answer.status, answer.body.code]).toEqual([404, 'not_found']);
  });

  it('is not made of SVG and documents', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9"/><script>alert(1)</script></svg>';
    for (const file of [
      { name: 'c.svg', type: 'image/svg+xml', bytes: svg },
      { name: 'c.txt', type: 'text/plain', bytes: 'no picture' },
    ]) {
      const { id } = await send(file);
      expect((await world.call('GET', `/api/uploads/${id}/meta`)).body.thumbnail_status).toBeNull();
      expect((await world.call('GET', `/api/uploads/${id}/thumbnail`)).status).toBe(404);
    }
  });
});

describe('an SVG', () => {
  it('is served as it was written anew, in a sandbox', async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><path d="M0 0h9"/><script>alert(1)</script></svg>';
    const { id } = await send({ name: 'd.svg', type: 'image/svg+xml', bytes: svg });
    const served = await world.follow(await world.call('GET', `/api/uploads/${id}`));
    expect(await served.text()).toBe('<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9"></path></svg>');
    expect(served.headers.get('content-type')).toBe('image/svg+xml');
    expect(served.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
    expect(served.headers.get('x-content-type-options')).toBe('nosniff');
  });
});

/** The pixels of a 400 × 600 image as a camera stores them that was held so. */
async function turnedBy(orientation: number, upright: Buffer): Promise<Buffer> {
  const image = sharp(upright, { raw: { width: 400, height: 600, channels: 3 } });
  const rotated = async (angle: number) => sharp(await image.clone().rotate(angle).png().toBuffer());
  const stored: Record<number, () => Promise<Sharp>> = {
    2: async () => image.flop(),
    3: () => rotated(180),
    4: async () => image.flip(),
    // Two steps each, because sharp mirrors before it rotates, whatever the order of the calls.
    5: async () => (await rotated(90)).flop(),
    6: () => rotated(270),
    7: async () => (await rotated(270)).flop(),
    8: () => rotated(90),
  };
  const turned = await stored[orientation]?.();
  if (!turned) throw new Error(`There is no orientation ${orientation}`);
  const pixels = await turned.png().toBuffer();
  return sharp(pixels).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
}
