import { connect } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '#libs/config';
import { testQueues } from '#test/redis';
import { createHttpApp } from '../index.js';
import { FakeAppModule } from '../testing-app.fake.js';
import { MemoryThrottlerStorage } from './memory-throttler-storage.js';
import { rateLimitPolicies } from './policies.js';
import { addressOf } from './rate-limit.decorator.js';
import { RateLimiter } from './rate-limiter.js';
import { RedisThrottlerStorage } from './redis-throttler-storage.js';

const queues = testQueues();
const closers: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closers) await close();
  await queues.close();
});

function redis(url: string): RedisThrottlerStorage {
  const storage = new RedisThrottlerStorage(url, queues.prefix);
  closers.push(() => storage.onModuleDestroy());
  return storage;
}

const policies = rateLimitPolicies(loadConfig({ IMBI_RATE_LIMIT_LOGIN_PER_MINUTE: '5' }).limits);
const { redisUrl } = queues;

describe.each([
  ['memory', () => new MemoryThrottlerStorage()],
  ...(redisUrl ? [['Redis', () => redis(redisUrl)] as const] : []),
])('the limiter over %s', (_name, storage) => {
  it('lets exactly as many of many parallel calls through as the policy says, for each caller', async () => {
    const limiter = new RateLimiter(storage());
    const refusals: string[] = [];
    limiter.onRefusal(({ key }) => refusals.push(key));
    const calls = ['a', 'b'].flatMap((key) => Array.from({ length: 20 }, () => limiter.consume(key, policies.login)));
    const states = await Promise.all(calls);
    expect(states.filter(({ allowed }) => allowed)).toHaveLength(10);
    expect(refusals).toHaveLength(30);
    expect(states[0]).toMatchObject({ limit: 5, remaining: 4 });
    await expect(limiter.enforce('a', policies.login)).rejects.toMatchObject({ code: 'rate_limited' });
  });

  it('begins anew when the window ends', async () => {
    const limiter = new RateLimiter(storage());
    const brief = { ...policies.login, name: 'brief', limit: 1, windowSeconds: 0.2 };
    await limiter.consume('a', brief);
    expect((await limiter.consume('a', brief)).allowed).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await limiter.consume('a', brief)).allowed).toBe(true);
  });
});

describe('a store that is away', () => {
  it('stops guessing and nothing else', async () => {
    const limiter = new RateLimiter(redis('redis://127.0.0.1:1'));
    await expect(limiter.consume('a', policies.login)).rejects.toMatchObject({ kind: 'unavailable' });
    expect((await limiter.consume('a', policies.default)).allowed).toBe(true);
  });
});

describe('readiness', () => {
  it.each([['down', 'redis://127.0.0.1:1'], ...(redisUrl ? [['up', redisUrl] as const] : [])])(
    'tells that the store of the limits is %s, and calls the server ready all the same',
    async (status, url) => {
      const app = await createHttpApp(FakeAppModule, loadConfig({ IMBI_ACCESS_LOG: 'false', REDIS_URL: url }));
      await app.init();
      closers.push(() => app.close());
      const fastify = app.getHttpAdapter().getInstance();
      await fastify.ready();
      const response = await fastify.inject({ url: '/status/ready' });
      expect([response.statusCode, response.json()]).toMatchObject([
        200,
        { status: 'ready', checks: [{ name: 'rate_limits', required: false, status }] },
      ]);
    },
  );
});

describe('calls that are refused before they are counted', () => {
  async function application(env: Record<string, string>) {
    const app = await createHttpApp(FakeAppModule, loadConfig({ IMBI_ACCESS_LOG: 'false', ...env }));
    await app.init();
    const fastify = app.getHttpAdapter().getInstance();
    await fastify.ready();
    closers.push(() => app.close());
    return async (times: number, url: string, authorization?: string, ip = '203.0.113.9') => {
      const headers = authorization === undefined ? {} : { authorization };
      const answers: { status: number; code: string; retryAfter: unknown }[] = [];
      for (let time = 0; time < times; time += 1) {
        const response = await fastify.inject({ method: 'GET', url, headers, remoteAddress: ip });
        const { code } = response.statusCode < 400 ? { code: '' } : response.json();
        answers.push({ status: response.statusCode, code, retryAfter: response.headers['retry-after'] });
      }
      return answers;
    };
  }
  const codes = (answers: readonly { code: string }[]) => answers.map(({ code }) => code);

  it('are limited by their address where nobody is known, on routes and beside them', async () => {
    const call = await application({ IMBI_RATE_LIMIT_FAILED_CREDENTIALS_PER_MINUTE: '3' });
    const known = await call(2, '/api/notes/n1');
    const unknown = await call(2, '/api/nothing', 'nonsense');
    expect(codes([...known, ...unknown])).toEqual([
      'unauthenticated',
      'unauthenticated',
      'unauthenticated',
      'rate_limited',
    ]);
    expect(unknown[1]).toMatchObject({ status: 429, retryAfter: expect.stringMatching(/^\d+$/) });
    expect(codes(await call(1, '/api/notes/n1'))).toEqual(['rate_limited']);
    expect(codes(await call(1, '/api/notes/n1', undefined, '203.0.113.10'))).toEqual(['unauthenticated']);
    // A good credential from the same address is none of them.
    expect((await call(1, '/api/notes', 'Bearer ada'))[0]?.status).toBe(200);
  });

  it('are limited by their caller where they were let in and then turned away, and at unknown addresses', async () => {
    const call = await application({ IMBI_RATE_LIMIT_PER_MINUTE: '3' });
    const forbidden = await call(2, '/api/notes/n1', 'Bearer ada other:read');
    const unknown = await call(2, '/api/nothing', 'Bearer ada other:read');
    expect(codes([...forbidden, ...unknown])).toEqual(['forbidden', 'forbidden', 'not_found', 'rate_limited']);
    expect(codes(await call(1, '/api/notes/n1', 'Bearer ada other:read'))).toEqual(['rate_limited']);
    expect(codes(await call(4, '/nothing'))).toEqual(['not_found', 'not_found', 'not_found', 'rate_limited']);
  });
});

describe('an address', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('%s counts as %s', (ip, counted) => {
    expect(addressOf(ip)).toBe(counted);
  });
});

describe('what is no HTTP', () => {
  it('is answered with a problem too', async () => {
    const app = await createHttpApp(FakeAppModule, loadConfig({ IMBI_ACCESS_LOG: 'false' }));
    await app.listen(0, '127.0.0.1');
    const { port } = new URL(await app.getUrl());
    const text = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'));
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk;
      });
      socket.on('close', () => resolve(answer));
    });
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json/);
    expect(text).toContain('"code":"malformed_request"');
    await app.close();
  });
});
