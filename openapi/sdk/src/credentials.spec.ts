import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { apiKey, type Credentials, clientCredentials, password, tokens } from './credentials.js';
import { resilientFetch } from './resilient-fetch.js';

interface Received {
  url: string;
  authorization: string | undefined;
  text: string;
}
type Answer = [status: number, body: unknown] | 'hang up';

let close: (() => Promise<void>) | undefined;
afterEach(async () => close?.());

/** An API whose sign-in routes answer as told; any other path wants the token that was given out last. */
async function api(answer: (request: Received, calls: Received[]) => Answer) {
  const calls: Received[] = [];
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const received = { url: request.url ?? '', authorization: request.headers.authorization, text };
    calls.push(received);
    const answered = answer(received, calls);
    if (answered === 'hang up') return void request.socket.destroy();
    response.writeHead(answered[0], { 'content-type': 'application/json' }).end(JSON.stringify(answered[1]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = (credentials: Credentials) => {
    const retry = { attempts: 3, baseMilliseconds: 1, maxMilliseconds: 100 };
    const call = resilientFetch({ fetch, baseUrl, credentials, retry });
    return async (path = '/api/me') => (await call(`${baseUrl}${path}`)).status;
  };
  return { calls, client, to: (path: string) => calls.filter((call) => call.url === path) };
}

const problem = (code: string) => ({ type: 'about:blank', title: code, status: 401, code, detail: '', instance: '' });

describe('password', () => {
  it('asks for the second factor only where the account has one, and signs in with it', async () => {
    const { client, to } = await api(({ url, text }) => {
      if (url !== '/api/auth/login') return [200, {}];
      return JSON.parse(text).mfa_code === '123456' ? [200, { access_token: 'a' }] : [401, problem('mfa_required')];
    });
    const mfaCode = jest.fn(() => '123456');
    expect(await client(password('ada@example.org', 'secret', { mfaCode, deviceLabel: 'laptop' }))()).toBe(200);
    expect(mfaCode).toHaveBeenCalledTimes(1);
    expect(to('/api/auth/login').map(({ text }) => JSON.parse(text))).toEqual([
      { email: 'ada@example.org', password: 'secret', device_label: 'laptop' },
      { email: 'ada@example.org', password: 'secret', device_label: 'laptop', mfa_code: '123456' },
    ]);
  });

  it('throws why the sign-in was refused, and asks nobody for a code after a wrong password', async () => {
    const { client, calls } = await api(() => [401, problem('invalid_credentials')]);
    const mfaCode = jest.fn(() => '123456');
    const refused = client(password('ada@example.org', 'wrong', { mfaCode }))();
    await expect(refused).rejects.toMatchObject({ name: 'UnauthenticatedError', code: 'invalid_credentials' });
    expect(mfaCode).not.toHaveBeenCalled();
    expect(calls).toHaveLength(1);
  });

  it('signs in once for calls that begin together', async () => {
    const { client, to } = await api(({ url }) => [200, url === '/api/auth/login' ? { access_token: 'a' } : {}]);
    const call = client(password('ada@example.org', 'secret'));
    expect(await Promise.all(Array.from({ length: 20 }, () => call()))).toEqual(Array(20).fill(200));
    expect(to('/api/auth/login')).toHaveLength(1);
    expect(to('/api/me').map(({ authorization }) => authorization)).toEqual(Array(20).fill('Bearer a'));
  });

  it('renews a token before it ends, so that no call has to be refused first', async () => {
    const { client, to } = await api(({ url }) => {
      if (url === '/api/auth/login') return [200, { access_token: 'a', refresh_token: 'r1', expires_in: 0.05 }];
      if (url === '/api/auth/refresh') return [200, { access_token: 'b', refresh_token: 'r2', expires_in: 3600 }];
      return [200, {}];
    });
    const onTokens = jest.fn();
    const call = client(password('ada@example.org', 'secret', { onTokens }));
    await call();
    await new Promise((resolve) => setTimeout(resolve, 60));
    await Promise.all(Array.from({ length: 10 }, () => call()));
    expect(to('/api/auth/refresh')).toHaveLength(1);
    expect(to('/api/me').map(({ authorization }) => authorization)).toEqual([
      'Bearer a',
      ...Array(10).fill('Bearer b'),
    ]);
    expect(onTokens.mock.calls).toEqual([
      [{ accessToken: 'a', refreshToken: 'r1' }],
      [{ accessToken: 'b', refreshToken: 'r2' }],
    ]);
  });
});

describe('tokens', () => {
  it('sends the same refresh token again when the answer to it was lost', async () => {
    const { client, to } = await api(({ url, authorization }, calls) => {
      if (url === '/api/auth/refresh') {
        const first = calls.filter((call) => call.url === url).length === 1;
        return first ? 'hang up' : [200, { access_token: 'b', refresh_token: 'r2' }];
      }
      return [authorization === 'Bearer b' ? 200 : 401, {}];
    });
    expect(await client(tokens({ accessToken: 'a', refreshToken: 'r1' }))()).toBe(200);
    expect(to('/api/auth/refresh').map(({ text }) => JSON.parse(text).refresh_token)).toEqual(['r1', 'r1']);
  });

  it('keeps the session when the server is too busy to refresh it', async () => {
    let busy = true;
    const { client } = await api(({ url, authorization }) => {
      if (url === '/api/auth/refresh') return busy ? [503, {}] : [200, { access_token: 'b', refresh_token: 'r2' }];
      return [authorization === 'Bearer b' ? 200 : 401, {}];
    });
    const call = client(tokens({ accessToken: 'a', refreshToken: 'r1' }));
    await expect(call()).rejects.toMatchObject({ name: 'UnavailableError' });
    busy = false;
    expect(await call()).toBe(200);
  });

  it('answers 401 when the session has ended', async () => {
    const { client } = await api(() => [401, {}]);
    expect(await client(tokens({ accessToken: 'a', refreshToken: 'r1' }))()).toBe(401);
  });
});

describe('clientCredentials', () => {
  it('sends the client by HTTP Basic and a form, and gets a new token when one was refused', async () => {
    let given = 0;
    const { client, to } = await api(({ url, authorization }) => {
      if (url === '/api/auth/token') return [200, { access_token: `t${++given}`, token_type: 'Bearer' }];
      return [authorization === 'Bearer t2' ? 200 : 401, {}];
    });
    const call = client(clientCredentials('client', 's3cret', { scopes: ['project:read', 'team:read'] }));
    expect(await Promise.all(Array.from({ length: 10 }, () => call()))).toEqual(Array(10).fill(200));
    const [first] = to('/api/auth/token');
    expect(first?.text).toBe('grant_type=client_credentials&scope=project%3Aread+team%3Aread');
    expect(first?.authorization).toBe(`Basic ${Buffer.from('client:s3cret').toString('base64')}`);
    expect(given).toBe(2);
  });

  it("throws OAuth's own error as a problem", async () => {
    const { client } = await api(() => [401, { error: 'invalid_client', error_description: 'Unknown client.' }]);
    const refused = client(clientCredentials('client', 'wrong'))();
    await expect(refused).rejects.toMatchObject({ code: 'invalid_client', detail: 'Unknown client.', status: 401 });
  });
});

describe('apiKey', () => {
  it('refuses what is no API key before anything is sent', () => {
    expect(() => apiKey('eyJhbGciOi')).toThrow(/ik_/);
  });
});
