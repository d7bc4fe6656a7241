import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { bearer, type Credentials, password } from './credentials.js';
import { resilientFetch } from './resilient-fetch.js';

type Handler = (request: IncomingMessage & { text: string }, response: ServerResponse) => void;

let close: (() => Promise<void>) | undefined;
afterEach(async () => close?.());

async function serve(handler: Handler) {
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => handler(Object.assign(request, { text }), response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function fetchFor(baseUrl: string, credentials?: Credentials) {
  return resilientFetch({
    fetch,
    baseUrl,
    credentials,
    retry: { attempts: 3, baseMilliseconds: 1, maxMilliseconds: 2000 },
  });
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

describe('resilientFetch', () => {
  it('repeats a GET that met 503 and gives the answer that came in the end', async () => {
    let calls = 0;
    const url = await serve((_request, response) => {
      calls += 1;
      json(response, calls < 3 ? 503 : 200, { calls });
    });
    const response = await fetchFor(url)(`${url}/x`);
    expect(await response.json()).toEqual({ calls: 3 });
  });

  it.each([
    ['a plain POST', { method: 'POST', body: '{}' }, 1],
    ['a POST with an idempotency key', { method: 'POST', body: '{}', headers: { 'idempotency-key': 'k' } }, 3],
    ['a plain PATCH', { method: 'PATCH', body: '{}' }, 1],
    ['a PATCH of a named version', { method: 'PATCH', body: '{}', headers: { 'if-match': '"1"' } }, 3],
    ['a DELETE', { method: 'DELETE' }, 3],
  ])('sends %s as often as is safe when the server is unavailable', async (_what, init, expected) => {
    const bodies: string[] = [];
    const url = await serve((request, response) => {
      bodies.push(request.text);
      json(response, 503, {});
    });
    const response = await fetchFor(url)(`${url}/x`, init);
    expect(response.status).toBe(503);
    expect(bodies).toEqual(Array(expected).fill(init.body ?? ''));
  });

  it('waits as long as Retry-After says before it repeats even a POST that was rate limited', async () => {
    const times: number[] = [];
    const url = await serve((_request, response) => {
      times.push(Date.now());
      json(response, times.length === 1 ? 429 : 201, {}, { 'retry-after': '1' });
    });
    const response = await fetchFor(url)(`${url}/x`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(201);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('gives up at once when Retry-After is longer than it may wait', async () => {
    let calls = 0;
    const url = await serve((_request, response) => {
      calls += 1;
      json(response, 429, {}, { 'retry-after': '3600' });
    });
    expect((await fetchFor(url)(`${url}/x`)).status).toBe(429);
    expect(calls).toBe(1);
  });

  it('ends the wait between tries when the caller aborts', async () => {
    const url = await serve((_request, response) => json(response, 503, {}, { 'retry-after': '2' }));
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('enough')), 50);
    await expect(fetchFor(url)(`${url}/x`, { signal: abort.signal })).rejects.toThrow('enough');
  });

  it('refreshes once for many parallel calls that met 401, and repeats each of them', async () => {
    let valid = 'first';
    let refreshes = 0;
    const url = await serve((request, response) => {
      if (request.url === '/api/auth/login') return json(response, 200, { access_token: 'first', refresh_token: 'r1' });
      if (request.url === '/api/auth/refresh') {
        refreshes += 1;
        valid = 'second';
        return json(response, 200, { access_token: 'second', refresh_token: 'r2' });
      }
      return json(response, request.headers.authorization === `Bearer ${valid}` ? 200 : 401, {});
    });
    const call = fetchFor(url, password('a@example.org', 'secret'));
    expect((await call(`${url}/x`)).status).toBe(200);
    valid = 'none of ours';
    const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await call(`${url}/x`)).status));
    expect(statuses).toEqual(Array(20).fill(200));
    expect(refreshes).toBe(1);
  });

  it('signs in again when the refresh token is refused', async () => {
    let logins = 0;
    const url = await serve((request, response) => {
      if (request.url === '/api/auth/refresh') return json(response, 401, {});
      if (request.url === '/api/auth/login') {
        logins += 1;
        return json(response, 200, { access_token: `t${logins}`, refresh_token: 'r' });
      }
      return json(response, request.headers.authorization === 'Bearer t2' ? 200 : 401, {});
    });
    expect((await fetchFor(url, password('a@example.org', 'secret'))(`${url}/x`)).status).toBe(200);
    expect(logins).toBe(2);
  });

  it('does not ask again with a fixed token that was refused', async () => {
    let calls = 0;
    const url = await serve((_request, response) => {
      calls += 1;
      json(response, 401, {});
    });
    expect((await fetchFor(url, bearer('x'))(`${url}/x`)).status).toBe(401);
    expect(calls).toBe(1);
  });
});
