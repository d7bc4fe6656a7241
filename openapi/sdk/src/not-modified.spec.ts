import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createImbiClient, getTeam, ifModified, NotFoundError, NotModified, ProblemError } from './index.js';

const asked: (string | undefined)[] = [];
const server = createServer((request, response) => {
  asked.push(request.headers['if-none-match']);
  if (!request.url?.endsWith('/payments')) {
    const problem = { title: 'Not found', status: 404, code: 'not_found' };
    response.writeHead(404, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
  } else if (request.headers['if-none-match'] === '"3"') {
    response.writeHead(304, { etag: '"3"' }).end();
  } else {
    response.writeHead(200, { 'content-type': 'application/json', etag: '"3"' }).end('{"name":"Payments"}');
  }
});
let client: ReturnType<typeof createImbiClient>;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = createImbiClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

function readTeam(etag: string | undefined, slug = 'payments') {
  const path = { org: 'acme', slug };
  return ifModified(etag, (headers) => getTeam({ client, path, headers, throwOnError: true }));
}

describe('reading only what has changed', () => {
  it('gives the data and its etag the first time, and when there is another version', async () => {
    const expected = { modified: true, data: { name: 'Payments' }, etag: '"3"' };
    expect(await readTeam(undefined)).toEqual(expected);
    expect(await readTeam('"2"')).toEqual(expected);
    expect(asked).toEqual([undefined, '"2"']);
  });

  it('says so when the version is still the present one', async () => {
    expect(await readTeam('"3"')).toEqual({ modified: false, etag: '"3"' });
  });

  it('throws what is a failure', async () => {
    await expect(readTeam('"3"', 'nobody')).rejects.toBeInstanceOf(NotFoundError);
  });

  it('is told by the error’s class to those who send the header themselves', async () => {
    const { data, error, response } = await getTeam({
      client,
      path: { org: 'acme', slug: 'payments' },
      headers: { 'If-None-Match': '"3"' },
    });
    expect(data).toBeUndefined();
    expect(error).toBeInstanceOf(NotModified);
    expect(error).not.toBeInstanceOf(ProblemError);
    expect(response?.status).toBe(304);
  });
});
