import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** What happens to calls: they are answered, turned away, or carried out while their answer is lost. */
export type Mood = 'answers' | 'is away' | 'loses answers';

export interface LosingFront {
  readonly url: string;
  mood: Mood;
  close(): Promise<void>;
}

/** A column store that can be away, or that does what it was told and cannot say so. */
export async function losingFront(target: string): Promise<LosingFront> {
  const front = { mood: 'answers' as Mood };
  const server = createServer((request, response) => {
    const forward = async () => {
      const body = await buffer(request);
      if (front.mood === 'is away') return response.destroy();
      const mood = front.mood;
      const { method, url = '/' } = request;
      const answer = await fetch(target + url, { method, ...(method === 'GET' ? {} : { body: new Uint8Array(body) }) });
      const text = Buffer.from(await answer.arrayBuffer());
      if (mood === 'loses answers') return response.destroy();
      const code = answer.headers.get('x-clickhouse-exception-code');
      response.writeHead(answer.status, code ? { 'X-ClickHouse-Exception-Code': code } : {});
      return response.end(text);
    };
    forward().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return Object.assign(front, {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}
