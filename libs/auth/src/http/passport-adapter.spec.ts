import { describe, expect, it } from '@jest/globals';
import { generateKey, JwtError, KeyRing } from '#libs/crypto';
import { ApiKeyCodec } from '../api-key/api-key-codec.js';
import { AccessTokens } from '../token/access-tokens.js';
import { BearerStrategy } from './bearer.strategy.js';
import { runStrategy } from './passport-adapter.js';

type Actions = Record<'success' | 'fail' | 'redirect' | 'pass' | 'error', (...given: unknown[]) => void>;

const strategy = (act: (actions: Actions) => void) => ({
  authenticate(this: object) {
    act(this as Actions);
  },
});

describe('runStrategy', () => {
  it.each([
    ['success', (run: Actions) => run.success('user', 'info'), { kind: 'success', user: 'user', info: 'info' }],
    ['fail', (run: Actions) => run.fail('why', 403), { kind: 'fail', challenge: 'why', status: 403 }],
    ['fail with a status only', (run: Actions) => run.fail(401), { kind: 'fail', challenge: undefined, status: 401 }],
    ['redirect', (run: Actions) => run.redirect('/there'), { kind: 'redirect', url: '/there', status: 302 }],
    ['pass', (run: Actions) => run.pass(), { kind: 'pass' }],
  ])('gives %s as a value', async (_name, act, outcome) => {
    expect(await runStrategy(strategy(act), {})).toEqual(outcome);
  });

  it('rejects with an error that the strategy reports or throws', async () => {
    await expect(
      runStrategy(
        strategy((run) => run.error(new Error('reported'))),
        {},
      ),
    ).rejects.toThrow('reported');
    const throwing = strategy(() => {
      throw new Error('thrown');
    });
    await expect(runStrategy(throwing, {})).rejects.toThrow('thrown');
  });

  it('leaves the strategy itself untouched, so that parallel runs do not mix', async () => {
    const shared = strategy((run) => run.pass());
    await runStrategy(shared, {});
    expect(Object.keys(shared)).toEqual(['authenticate']);
  });
});

describe('BearerStrategy', () => {
  const subject = { kind: 'session', userId: 'user', sessionId: 'session' };
  class FakeTokens {
    async verify(token: string) {
      if (token === 'broken') throw new Error('database away');
      if (token !== 'good') throw new JwtError('signature');
      return subject;
    }
  }
  const keys = new ApiKeyCodec(new KeyRing([generateKey()]));
  const bearer = new BearerStrategy(new FakeTokens() as unknown as AccessTokens, keys);
  const outcome = (authorization?: string, rest: object = {}) =>
    runStrategy(bearer, { headers: authorization === undefined ? {} : { authorization }, ...rest });

  it('takes API keys, and refuses those that were never made without asking anybody', async () => {
    const { key, keyId } = keys.make();
    expect(await outcome(`Bearer ${key}`)).toMatchObject({ kind: 'success', user: { kind: 'api_key', keyId } });
    const mistyped = key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a');
    expect(await outcome(`Bearer ${mistyped}`)).toMatchObject({ kind: 'fail', challenge: 'malformed_key' });
  });

  it.each(['Bearer good', 'bearer good', 'BEARER   good'])('takes "%s"', async (header) => {
    expect(await outcome(header)).toMatchObject({ kind: 'success', user: subject });
  });

  it.each([
    [undefined, 'no_token'],
    ['', 'no_token'],
    ['Bearer', 'no_token'],
    ['Bearer good extra', 'no_token'],
    [' Bearer good', 'no_token'],
    ['Basic good', 'no_token'],
    ['good', 'no_token'],
    ['Bearer bad', 'signature'],
  ])('refuses %j', async (header, challenge) => {
    expect(await outcome(header)).toEqual({ kind: 'fail', challenge, status: 401 });
  });

  it('looks for tokens nowhere but in the header (ASVS 5.0 14.2.1)', async () => {
    const elsewhere = {
      query: { access_token: 'good', auth_token: 'good' },
      body: { access_token: 'good' },
      cookies: { jwt: 'good' },
      url: '/?access_token=good',
    };
    expect(await outcome(undefined, elsewhere)).toMatchObject({ kind: 'fail' });
  });

  it('reads a header of any size in one go', async () => {
    // With a pattern that goes back and forth, a million characters would take hours.
    for (const header of ['a'.repeat(1e6), `Bearer ${'a '.repeat(5e5)}`, `Bearer${' '.repeat(1e6)}`]) {
      expect(await outcome(header)).toMatchObject({ kind: 'fail' });
    }
  });

  it('reports as an error what is no fault of the token', async () => {
    await expect(outcome('Bearer broken')).rejects.toThrow('database away');
  });
});
