import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from '@jest/globals';
import { PLACES, UploadVictim } from './upload-victim.js';

const MIB = 1024 * 1024;
const FILES = 10;
const FILE_BYTES = 50 * MIB;
const GROWTH_BYTES = 100 * MIB;
const POLL_MS = 20;

/** A PDF of the largest size that is taken, made as it is sent; no two are the same. */
function* pdf(number: number): Generator<Uint8Array> {
  const head = Buffer.from(`%PDF-1.7\n% number ${number}\n`);
  const tail = Buffer.from('\n%%EOF\n');
  const filler = Buffer.alloc(64 * 1024, `stream ${number} `);
  yield head;
  let left = FILE_BYTES - head.length - tail.length;
  for (; left > filler.length; left -= filler.length) yield filler;
  yield filler.subarray(0, left);
  yield tail;
}

async function send(url: string, token: string, number: number): Promise<{ status: number; size: number }> {
  const boundary = 'memory';
  const start = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${number}.pdf"\r\ncontent-type: application/pdf\r\n\r\n`;
  const body = function* () {
    yield Buffer.from(start);
    yield* pdf(number);
    yield Buffer.from(`\r\n--${boundary}--\r\n`);
  };
  const response = await fetch(`${url}/api/uploads`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Readable.toWeb(Readable.from(body())),
    duplex: 'half',
  } as RequestInit);
  const { size } = (await response.json()) as { size: number };
  return { status: response.status, size };
}

function residentBytes(pid: number): number {
  const [, kib = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

describe.each(PLACES)('on %s', (place) => {
  const victim = new UploadVictim('upload_memory', place);
  afterAll(() => victim.stop());

  it(`takes ${FILES} files of ${FILE_BYTES / MIB} MiB at once with less than ${GROWTH_BYTES / MIB} MiB more memory`, async () => {
    const { url, token, pid } = await victim.start();
    // What the first uploads load and compile stays.
    for (const number of [100, 101]) expect((await send(url, token, number)).status).toBe(201);
    const before = residentBytes(pid);
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, residentBytes(pid));
    }, POLL_MS);
    const answers = await Promise.all(Array.from({ length: FILES }, (_one, number) => send(url, token, number)));
    clearInterval(watch);
    expect(answers).toEqual(answers.map(() => ({ status: 201, size: FILE_BYTES })));
    const [from, to] = [before, peak].map((bytes) => Math.round(bytes / MIB));
    process.stdout.write(`on ${place}: from ${from} to ${to} MiB\n`);
    expect(peak - before).toBeLessThan(GROWTH_BYTES);
  });
});
