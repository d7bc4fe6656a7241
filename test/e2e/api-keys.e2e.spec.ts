import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import {
  apiKey,
  clientCredentials,
  createImbiClient,
  createMyApiKey,
  createServiceAccount,
  createServiceAccountClient,
  createUser,
  getMe,
  giveServiceAccountRole,
  giveUserRole,
  introspectToken,
  listRoles,
  listTeams,
  password,
  revokeMyApiKey,
  revokeServiceAccountClient,
} from '#sdk';
import { newOrganization, product } from '#test/product';

const PASSWORD = 'Correct-Horse-9-Battery';
const tag = () => randomBytes(4).toString('hex');

it('a key made by its user calls as the user, within its scopes, until it is revoked', async () => {
  const { client: admin, url } = product();
  const org = await newOrganization();
  const email = `${tag()}@example.org`;
  const body = { email, display_name: 'Grace Hopper', password: PASSWORD };
  const { data: user } = await createUser({ client: admin, body, throwOnError: true });
  const path = { id: user.id, role: 'viewer' };
  await giveUserRole({ client: admin, path, query: { organization: org }, throwOnError: true });

  const owner = createImbiClient({ baseUrl: url, credentials: password(email, PASSWORD) });
  const wanted = { name: 'end to end', scopes: ['team:read'] };
  const { data: made } = await createMyApiKey({ client: owner, body: wanted, throwOnError: true });
  const client = createImbiClient({ baseUrl: url, credentials: apiKey(made.key) });
  expect((await getMe({ client, throwOnError: true })).data).toMatchObject({ id: user.id });
  expect((await listTeams({ client, path: { org }, throwOnError: true })).data.items).toEqual([]);
  expect((await listRoles({ client })).error?.code).toBe('forbidden');

  await revokeMyApiKey({ client: owner, path: { key: made.key_id }, throwOnError: true });
  expect((await getMe({ client })).error?.code).toBe('unauthenticated');
});

it('the client of a service account asks for one token for many calls, and for the next when that is refused', async () => {
  const { client: admin, url, admin: credentials } = product();
  const org = await newOrganization();
  const slug = `bot-${tag()}`;
  await createServiceAccount({ client: admin, body: { slug, name: 'Bot' }, throwOnError: true });
  const role = { slug, role: 'viewer' };
  await giveServiceAccountRole({ client: admin, path: role, query: { organization: org }, throwOnError: true });
  const wanted = { name: 'end to end', scopes: ['team:read', 'tag:read'], password: credentials.password };
  const { data: made } = await createServiceAccountClient({
    client: admin,
    path: { slug },
    body: wanted,
    throwOnError: true,
  });

  const asked: string[] = [];
  const counting: typeof fetch = (input, init) => {
    const request = new Request(input, init);
    asked.push(new URL(request.url).pathname);
    return fetch(request);
  };
  const { client_id, client_secret } = made;
  const options = { scopes: ['team:read'] };
  const client = createImbiClient({
    baseUrl: url,
    credentials: clientCredentials(client_id, client_secret, options),
    fetch: counting,
  });
  const teams = () => listTeams({ client, path: { org } });
  const answers = await Promise.all(Array.from({ length: 10 }, teams));
  expect(answers.map(({ response }) => response?.status)).toEqual(Array(10).fill(200));
  expect(asked.filter((path) => path === '/api/auth/token')).toHaveLength(1);

  const used = await introspectToken({
    client: createImbiClient({ baseUrl: url }),
    body: { token: 'nonsense', client_id, client_secret },
  });
  expect(used.data).toEqual({ active: false });

  await revokeServiceAccountClient({ client: admin, path: { slug, client: client_id }, throwOnError: true });
  // A new token is asked for, and refused: the call tells why.
  expect((await teams()).error).toMatchObject({ code: 'invalid_client', status: 401 });
});
