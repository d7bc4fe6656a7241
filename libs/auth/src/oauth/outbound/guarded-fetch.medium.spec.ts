import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '#libs/config';
import { GuardedFetch } from './guarded-fetch.js';
import { TargetGuard } from './target-guard.js';

const config = loadConfig({ NODE_ENV: 'test', IMBI_OAUTH_REQUEST_TIMEOUT: '3s' });

let server: Server;
let port: number;
let connections = 0;
let serve: RequestListener;

beforeAll(async () => {
  server = createServer((request, response) => serve(request, response));
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});

afterAll(() => {
  server?.closeAllConnections();
  server?.close();
});

beforeEach(() => {
  connections = 0;
  serve = (_request, response) => response.end('hello');
});

/** A fetch for which every name is an address of this computer. */
function fetchWith(allowed: readonly string[]): GuardedFetch {
  const guard = new TargetGuard(allowed, (_host, _options, callback) =>
    callback(null, [{ address: '127.0.0.1', family: 4 }]),
  );
  return new GuardedFetch(guard, config);
}

const get = (http: GuardedFetch, url: string) => http.fetch(url, { method: 'GET' });

describe('GuardedFetch', () => {
  it('connects to nobody whose name has become a private address', async () => {
    await expect(get(fetchWith([]), `https://rebind.example.org:${port}/`)).rejects.toThrow('no public address');
    await expect(get(fetchWith([]), `https://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'provider_target_refused',
    });
    expect(connections).toBe(0);
  });

  it('judges every request anew: no connection is kept', async () => {
    const http = fetchWith(['id.test']);
    for (let request = 0; request < 3; request += 1) {
      const answer = await get(http, `http://id.test:${port}/`);
      expect([answer.status, await answer.text()]).toEqual([200, 'hello']);
    }
    expect(connections).toBe(3);
  });

  it('hands redirects back instead of following them', async () => {
    serve = (_request, response) => response.writeHead(302, { location: `http://id.test:${port}/inside` }).end();
    expect((await get(fetchWith(['id.test']), `http://id.test:${port}/`)).status).toBe(302);
    expect(connections).toBe(1);
  });

  it('takes answers of a megabyte at the most', async () => {
    serve = (_request, response) => {
      response.on('error', () => undefined);
      const send = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', send);
      };
      send();
    };
    await expect(get(fetchWith(['id.test']), `http://id.test:${port}/`)).rejects.toThrow('too long');
  });

  it('waits as long as the settings say, for the beginning and for the end', async () => {
    serve = () => undefined;
    await expect(get(fetchWith(['id.test']), `http://id.test:${port}/`)).rejects.toThrow(/abort/i);
    serve = (_request, response) => void response.write('a beginning');
    await expect(get(fetchWith(['id.test']), `http://id.test:${port}/`)).rejects.toThrow(/abort/i);
  });

  it('sends forms as they are', async () => {
    const seen: unknown[] = [];
    serve = (request, response) => {
      request.on('data', (chunk) => seen.push(request.method, request.headers['content-type'], String(chunk)));
      request.on('end', () => response.writeHead(204).end());
    };
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await fetchWith(['id.test']).fetch(`http://id.test:${port}/`, {
      method: 'POST',
      headers,
      body: 'a=ö',
    });
    expect([answer.status, ...seen]).toEqual([204, 'POST', headers['content-type'], 'a=ö']);
  });
});
