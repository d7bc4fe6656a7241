import { describe, expect, it } from '@jest/globals';
import { jsonLines } from './json-lines.js';

function streamOf(text: string, chunkBytes: number): { stream: ReadableStream<Uint8Array>; cancelled: () => boolean } {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        controller.enqueue(bytes.slice(at, at + chunkBytes));
        at += chunkBytes;
      },
      cancel() {
        isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, cancelled: () => isCancelled };
}

async function all(stream: unknown): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const item of jsonLines(stream)) found.push(item);
  return found;
}

const items = [{ name: 'a' }, { name: 'Gödel \n' }, { name: '' }];
const text = items.map((item) => `${JSON.stringify(item)}\n`).join('');

describe('JSON lines', () => {
  it.each([1, 2, 3, 7, 1000])('are read however they are cut, say every %i bytes', async (chunkBytes) => {
    expect(await all(streamOf(text, chunkBytes).stream)).toEqual(items);
    expect(await all(streamOf('', chunkBytes).stream)).toEqual([]);
  });

  it('that break off in the middle are an error, after those that are whole', async () => {
    const found: unknown[] = [];
    const read = async () => {
      for await (const item of jsonLines(streamOf(text.slice(0, -3), 4).stream)) found.push(item);
    };
    await expect(read()).rejects.toThrow('in the middle of a line');
    expect(found).toEqual(items.slice(0, 2));
  });

  it('are fetched no further than they are read', async () => {
    const { stream, cancelled } = streamOf(text, 1000);
    for await (const _ of jsonLines(stream)) break;
    expect(cancelled()).toBe(true);
  });

  it('come from streams only', async () => {
    await expect(all(new Blob([text]))).rejects.toThrow("parseAs: 'stream'");
  });
});
