import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { loadConfig } from '#libs/config';
import { createHttpApp, serveOpenApi } from './index.js';
import { FakeAppModule, resetNotes } from './testing-app.fake.js';

let app: NestFastifyApplication;
const SIGNED_IN = { authorization: 'Bearer ada' };

beforeAll(async () => {
  const config = loadConfig({ IMBI_CORS_ORIGINS: 'https://console.example.org', IMBI_BODY_LIMIT_KIB: '16' });
  app = await createHttpApp(FakeAppModule, config, { secret: Buffer.alloc(32, 1) });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});
afterAll(() => app.close());
beforeEach(() => resetNotes(3));

type Request = { method?: string; url: string; headers?: Record<string, string>; payload?: unknown };

async function send({ method = 'GET', url, headers = SIGNED_IN, payload }: Request) {
  const raw = typeof payload === 'string' || payload === undefined;
  const type = raw || headers['content-type'] ? {} : { 'content-type': 'application/json' };
  const text = raw ? payload : JSON.stringify(payload);
  const fastify = app.getHttpAdapter().getInstance();
  const response = await fastify.inject({
    method: method as 'GET',
    url,
    headers: { ...type, ...headers },
    payload: text as string,
  });
  const body = response.payload.startsWith('{') ? response.json() : undefined;
  return { status: response.statusCode, headers: response.headers, body, text: response.payload };
}

describe('problems', () => {
  const json = { ...SIGNED_IN, 'content-type': 'application/json' };
  const deep = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`;
  const cases: [name: string, request: Request, status: number, code: string, header?: [string, string | RegExp]][] = [
    [
      'a guard that knows nobody',
      { url: '/api/notes/n1', headers: {} },
      401,
      'unauthenticated',
      ['www-authenticate', 'Bearer realm="imbi"'],
    ],
    [
      'a guard that says no',
      { url: '/api/notes/n1', headers: { authorization: 'Bearer ada other:read' } },
      403,
      'forbidden',
    ],
    ['a service that finds nothing', { url: '/api/notes/none' }, 404, 'not_found'],
    ['an unknown route outside /api', { url: '/nothing', headers: {} }, 404, 'not_found'],
    ['an unknown route under /api', { url: '/api/nothing' }, 404, 'not_found'],
    ['an unknown route under /api, to a stranger', { url: '/api/nothing', headers: {} }, 401, 'unauthenticated'],
    [
      'a method that a path does not know',
      { method: 'POST', url: '/api/notes/n1', payload: {} },
      405,
      'method_not_allowed',
      ['allow', 'DELETE, GET, HEAD, PATCH, PUT'],
    ],
    ['that method, to a stranger', { method: 'POST', url: '/api/notes/n1', headers: {} }, 401, 'unauthenticated'],
    [
      'an Accept that JSON is not in',
      { url: '/api/notes/n1', headers: { ...SIGNED_IN, accept: 'text/html' } },
      406,
      'not_acceptable',
    ],
    [
      'an Accept that rules JSON out',
      { url: '/api/notes/n1', headers: { ...SIGNED_IN, accept: 'application/json;q=0, */*' } },
      406,
      'not_acceptable',
    ],
    [
      'a body that is no JSON',
      { method: 'POST', url: '/api/notes', headers: json, payload: '{"title": "secret-in-body' },
      400,
      'malformed_json',
    ],
    [
      'a body too large',
      { method: 'POST', url: '/api/notes', payload: { title: 'x'.repeat(20_000) } },
      413,
      'payload_too_large',
    ],
    [
      'a body of another type',
      { method: 'POST', url: '/api/notes', headers: { ...SIGNED_IN, 'content-type': 'text/plain' }, payload: 'x' },
      415,
      'unsupported_media_type',
    ],
    ['a body without a type', { method: 'POST', url: '/api/notes', payload: 'x' }, 415, 'unsupported_media_type'],
    [
      'a patch of another type',
      { method: 'PATCH', url: '/api/notes/n1', headers: json, payload: '{}' },
      415,
      'unsupported_media_type',
      ['accept-patch', 'application/merge-patch+json, application/json-patch+json'],
    ],
    ['no body', { method: 'POST', url: '/api/notes' }, 400, 'empty_body'],
    [
      'a prototype key',
      { method: 'POST', url: '/api/notes', headers: json, payload: '{"__proto__":{}}' },
      400,
      'unsafe_json',
    ],
    ['nesting over 32 levels', { method: 'POST', url: '/api/notes', headers: json, payload: deep }, 400, 'unsafe_json'],
    [
      'a document that breaks a rule',
      { method: 'POST', url: '/api/notes', payload: { title: '' } },
      422,
      'validation_failed',
    ],
    [
      'a document that is no object',
      { method: 'POST', url: '/api/notes', headers: json, payload: '[]' },
      422,
      'validation_failed',
    ],
    [
      'a field that only the server writes',
      { method: 'POST', url: '/api/notes', payload: { title: 'x', id: 'y' } },
      400,
      'read_only_field',
    ],
    ['a limit out of range', { url: '/api/notes?limit=201' }, 400, 'invalid_parameters'],
    ['an unknown query parameter', { url: '/api/notes?colour=red' }, 400, 'invalid_parameters'],
    ['a cursor made up', { url: '/api/notes?cursor=abc' }, 400, 'malformed_cursor'],
    ['a sort field that is not allowed', { url: '/api/notes?sort=colour' }, 400, 'invalid_parameters'],
    ['a filter of the wrong type', { url: '/api/notes?filter[version][gt]=many' }, 400, 'invalid_parameters'],
    [
      'an unreadable precondition',
      { method: 'PUT', url: '/api/notes/n1', headers: { ...SIGNED_IN, 'if-match': '3' }, payload: { title: 'x' } },
      400,
      'malformed_precondition',
    ],
    [
      'a stale precondition',
      { method: 'PUT', url: '/api/notes/n1', headers: { ...SIGNED_IN, 'if-match': '"9"' }, payload: { title: 'x' } },
      412,
      'precondition_failed',
    ],
    [
      'a weak precondition',
      { method: 'PUT', url: '/api/notes/n1', headers: { ...SIGNED_IN, 'if-match': 'W/"1"' }, payload: { title: 'x' } },
      412,
      'precondition_failed',
    ],
    ['a broken percent escape', { url: '/api/notes/%zz' }, 400, 'malformed_request'],
    ['a path segment without end', { url: `/api/notes/${'x'.repeat(300)}` }, 414, 'uri_too_long'],
    ['an error of a library with a status', { url: '/api/fail/teapot' }, 418, 'malformed_request'],
    ['a domain error with details', { url: '/api/fail/conflict' }, 409, 'slug_taken'],
    ['a limit', { url: '/api/fail/limited' }, 429, 'rate_limited', ['retry-after', '8']],
    ['an engine out of reach', { url: '/api/fail/unreachable' }, 503, 'unavailable', ['retry-after', /^\d+$/]],
    ['a fault of ours', { url: '/api/fail/unknown' }, 500, 'internal_error'],
    ['a thrown text', { url: '/api/fail/thrown' }, 500, 'internal_error'],
    ['a file that is not there', { url: '/api/fail/file' }, 500, 'internal_error'],
  ];

  // Not a five-parameter callback: Jest would take the last one for its `done` where a row has no header.
  it.each(cases)('%s is answered as a problem', async (...row) => {
    const [, request, status, code, header] = row;
    const answer = await send(request);
    expect({ status: answer.status, code: answer.body?.code }).toEqual({ status, code });
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({
      type: `/docs/errors/${code}`,
      status,
      title: expect.any(String),
      detail: expect.any(String),
      instance: request.url.split('?')[0],
      request_id: answer.headers['x-request-id'] ?? expect.any(String),
    });
    expect(answer.text).not.toMatch(/secret|password|10\.0\.0|at .*\.ts/);
    if (header)
      expect(answer.headers[header[0]]).toEqual(
        header[1] instanceof RegExp ? expect.stringMatching(header[1]) : header[1],
      );
  });

  it('points at every fault of a document', async () => {
    const { body } = await send({ method: 'POST', url: '/api/notes', payload: { title: 7, 'a/b': 1 } });
    expect(body.errors).toEqual(
      expect.arrayContaining([
        { pointer: '/title', message: expect.any(String), code: 'is_string' },
        { pointer: '/a~1b', message: expect.any(String), code: 'unknown_field' },
      ]),
    );
  });

  it('names the query parameter that is at fault', async () => {
    expect((await send({ url: '/api/notes?limit=many' })).body.errors[0].pointer).toBe('/limit');
    expect((await send({ url: '/api/notes?filter[version][gt]=x' })).body.errors[0].pointer).toBe(
      '/filter[version][gt]',
    );
  });

  it('explains each problem on the page that its type leads to', async () => {
    const { body } = await send({ url: '/api/notes/none' });
    const page = await send({ url: body.type, headers: {} });
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.text).toContain('<h1>Not found</h1>');
    expect((await send({ url: '/docs/errors/constructor', headers: {} })).status).toBe(404);
  });
});

describe('request context', () => {
  it('echoes a sane request id and replaces any other', async () => {
    const sane = await send({ url: '/api/context', headers: { ...SIGNED_IN, 'x-request-id': 'trace-1' } });
    expect(sane.headers['x-request-id']).toBe('trace-1');
    const odd = await send({ url: '/api/context', headers: { ...SIGNED_IN, 'x-request-id': 'a b<c>' } });
    expect(odd.headers['x-request-id']).toMatch(/^[A-Za-z0-9_-]{21}$/);
  });

  it.each(['GET', 'POST'])('reaches the handler of a %s through every await', async (method) => {
    const payload = method === 'POST' ? { title: 'x' } : undefined;
    const { body } = await send({
      method,
      url: '/api/context',
      headers: { ...SIGNED_IN, 'x-request-id': 'r-1' },
      payload,
    });
    expect(body).toMatchObject({ requestId: 'r-1', actor: { id: 'ada' }, ip: '127.0.0.1' });
  });
});

describe('versions', () => {
  it('are the ETag, and an unchanged one is answered with 304 and no body', async () => {
    const first = await send({ url: '/api/notes/n1' });
    expect(first.headers.etag).toBe('"1"');
    const second = await send({ url: '/api/notes/n1', headers: { ...SIGNED_IN, 'if-none-match': 'W/"1"' } });
    expect({ status: second.status, text: second.text, type: second.headers['content-type'] }).toEqual({
      status: 304,
      text: '',
      type: undefined,
    });
    expect((await send({ method: 'HEAD', url: '/api/notes/n1' })).headers.etag).toBe('"1"');
  });

  it('guard writes', async () => {
    const write = (tag: string) =>
      send({
        method: 'PUT',
        url: '/api/notes/n1',
        headers: { ...SIGNED_IN, 'if-match': tag },
        payload: { title: 'new' },
      });
    expect((await write('"1"')).headers.etag).toBe('"2"');
    expect((await write('"1"')).status).toBe(412);
    expect((await write('*')).status).toBe(200);
  });

  it('come with the Location of what was created', async () => {
    const { status, headers } = await send({ method: 'POST', url: '/api/notes', payload: { title: 'x' } });
    expect({ status, location: headers['location'], etag: headers.etag }).toEqual({
      status: 201,
      location: '/api/notes/c1',
      etag: '"1"',
    });
  });
});

describe('patches', () => {
  const patch = (type: string, payload: unknown) =>
    send({
      method: 'PATCH',
      url: '/api/notes/n1',
      headers: { ...SIGNED_IN, 'content-type': type },
      payload: JSON.stringify(payload),
    });

  it('merge: absent keeps, null clears', async () => {
    expect((await patch('application/merge-patch+json', { text: 'long' })).body).toMatchObject({
      title: 'Note 001',
      text: 'long',
    });
    expect((await patch('application/merge-patch+json', { text: null })).body.text).toBeUndefined();
  });

  it('operations: a failing test changes nothing', async () => {
    const type = 'application/json-patch+json';
    const failed = await patch(type, [
      { op: 'replace', path: '/title', value: 'new' },
      { op: 'test', path: '/title', value: 'old' },
    ]);
    expect({ status: failed.status, pointer: failed.body.errors[0].pointer }).toEqual({ status: 409, pointer: '/1' });
    expect((await send({ url: '/api/notes/n1' })).body.title).toBe('Note 001');
  });

  it('are validated as a whole and leave the fields of the server alone', async () => {
    expect((await patch('application/merge-patch+json', { title: '' })).body).toMatchObject({
      status: 422,
      code: 'validation_failed',
    });
    expect((await patch('application/merge-patch+json', { version: 9 })).body).toMatchObject({
      code: 'read_only_field',
      errors: [{ pointer: '/version' }],
    });
  });
});

describe('lists', () => {
  it('are walked by cursor and Link', async () => {
    resetNotes(5);
    const first = await send({ url: '/api/notes?limit=2&count=exact' });
    expect(first.body).toMatchObject({ items: [{ id: 'n1' }, { id: 'n2' }], total: 5 });
    const next = /^<([^>]+)>; rel="next"$/.exec(String(first.headers['link']))?.[1] ?? '';
    const second = await send({ url: next });
    expect(second.body.items.map((note: { id: string }) => note.id)).toEqual(['n3', 'n4']);
    const last = await send({ url: `/api/notes?limit=2&cursor=${second.body.next_cursor}` });
    expect(last.body).toEqual({ items: [expect.objectContaining({ id: 'n5' })], next_cursor: null });
    expect(last.headers['link']).toBeUndefined();
  });

  it('refuse a cursor under another order or filter', async () => {
    const { body } = await send({ url: '/api/notes?limit=1' });
    for (const query of ['sort=-title', 'filter[title]=x']) {
      const foreign = await send({ url: `/api/notes?limit=1&${query}&cursor=${body.next_cursor}` });
      expect(foreign.body.code).toBe('malformed_cursor');
    }
  });
});

describe('headers', () => {
  it('keep authenticated answers out of caches and pages out of frames', async () => {
    const { headers } = await send({ url: '/api/notes/n1' });
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    });
  });

  it('let only listed origins in', async () => {
    const ask = (origin: string) => send({ url: '/api/notes/n1', headers: { ...SIGNED_IN, origin } });
    expect((await ask('https://console.example.org')).headers['access-control-allow-origin']).toBe(
      'https://console.example.org',
    );
    expect((await ask('https://evil.example.org')).headers['access-control-allow-origin']).toBeUndefined();
  });

  it('tell how much of the limit is left, and when to come back', async () => {
    const login = () => send({ method: 'POST', url: '/api/login', headers: {}, payload: { title: 'x' } });
    const first = await login();
    expect(first.headers['ratelimit-policy']).toBe('"login";q=5;w=60');
    expect(first.headers['ratelimit']).toMatch(/^"login";r=4;t=\d+$/);
    for (let call = 0; call < 4; call += 1) await login();
    const refused = await login();
    expect({
      status: refused.status,
      code: refused.body.code,
      retry: Number(refused.headers['retry-after']) > 0,
    }).toEqual({ status: 429, code: 'rate_limited', retry: true });
  });
});

describe('status', () => {
  it('is public, and metrics are for the same network', async () => {
    expect((await send({ url: '/status', headers: {} })).body).toEqual({ status: 'ok' });
    expect((await send({ url: '/status/ready', headers: {} })).body).toEqual({ status: 'ready', checks: [] });
    await send({ url: '/api/notes/n1' });
    const metrics = await send({ url: '/metrics', headers: {} });
    expect(metrics.text).toContain(
      'imbi_http_request_duration_seconds_count{method="GET",route="/api/notes/:id",status="200"}',
    );
    const fastify = app.getHttpAdapter().getInstance();
    expect((await fastify.inject({ url: '/metrics', remoteAddress: '203.0.113.9' })).statusCode).toBe(403);
  });
});

describe('forms', () => {
  it('are read on the routes that ask for them', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await send({ method: 'POST', url: '/api/form', headers, payload: 'title=a%20b' })).body).toEqual({
      title: 'a b',
    });
    expect(
      (await send({ method: 'POST', url: '/api/notes', headers: { ...headers, ...SIGNED_IN }, payload: 'title=a' }))
        .status,
    ).toBe(415);
  });
});

it('serves Swagger UI under a policy of its own', async () => {
  const { loadConfig: load } = await import('#libs/config');
  const other = await createHttpApp(FakeAppModule, load({}));
  serveOpenApi(other, () => ({ openapi: '3.1.0', info: { title: 'x', version: '1' }, paths: {} }));
  await other.init();
  const fastify = other.getHttpAdapter().getInstance();
  const page = await fastify.inject('/docs');
  expect(page.statusCode).toBe(200);
  expect(page.headers['content-security-policy']).toContain("script-src 'self'");
  const bundle = await fastify.inject('/docs/swagger-ui-bundle.js');
  expect({ status: bundle.statusCode, csp: bundle.headers['content-security-policy'] }).toMatchObject({
    status: 200,
    csp: expect.stringContaining("script-src 'self'"),
  });
  expect((await fastify.inject('/openapi.json')).json().openapi).toBe('3.1.0');
  expect((await fastify.inject('/docs/errors/not_found')).headers['content-type']).toContain('text/html');
  await other.close();
});
