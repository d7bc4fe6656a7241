import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { sql } from 'kysely';
import { newId } from '#libs/common';
import { ref } from '#libs/graph';
import { TestOrganization } from '#test/auth';
import { AuthWorld, PASSWORD } from '../../test/auth-world.js';
import { ApiKeyCodec } from '../api-key/api-key-codec.js';
import { ApiKey } from '../model/credential.vertex.js';
import { HasRole } from '../model/identity.edge.js';
import { Role, ServiceAccount, User } from '../model/identity.vertex.js';
import { Totp } from './totp.js';

const totp = new Totp('Imbi');
const REQUIRED = 'mfa_enrollment_required';

let world: AuthWorld;
let replica: NestFastifyApplication;
let role: string;

beforeAll(async () => {
  world = await AuthWorld.create();
  replica = await world.replica();
});

afterAll(() => world?.close());

beforeEach(async () => {
  role = `auditor-${newId()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '0')}`;
  await world.role(role, ['audit:read', 'role:read']);
  await setOrganization('acme', false);
});

const setRole = (require_mfa: boolean) => world.call('PATCH', `/roles/${role}`, { body: { require_mfa } });

const setOrganization = (slug: string, require_mfa: boolean) =>
  world.platform.graph.transaction((tx) =>
    tx.patch(TestOrganization, world.organizations[slug] ?? '', { set: { require_mfa } }),
  );

/** What a call is refused by; `in` where it was let in (there is no column store here to answer it). */
async function answerOf(path: string, token: string, app?: NestFastifyApplication): Promise<string> {
  const { status, body } = await world.call('GET', path, { token, app });
  return status === 200 || status === 503 ? 'in' : body.code;
}

async function enrol(token: string): Promise<string> {
  const { body } = await world.call('POST', '/me/mfa', { token, body: { password: PASSWORD } });
  const code = totp.code(body.secret, new Date());
  expect((await world.call('POST', '/me/mfa/verify', { token, body: { code } })).status).toBe(200);
  return body.secret;
}

async function keyOf(ownerId: string): Promise<string> {
  const { key, keyId, mac } = world.app.get(ApiKeyCodec, { strict: false }).make();
  const properties = { key_id: keyId, name: 'ci', owner_id: ownerId, secret_mac: mac, scopes: ['role:read'] };
  await world.platform.graph.transaction((tx) => tx.insert(ApiKey, properties));
  return key;
}

describe('a role that asks for a second factor', () => {
  it('shuts out who has none at the next call, on every process, until they enrol (ASVS 5.0 6.3.3, 8.3.2)', async () => {
    const user = await world.userWith([[role, null]]);
    const everywhere = async () => [
      await answerOf('/roles', user.token),
      await answerOf('/roles', user.token, replica),
    ];
    expect(await everywhere()).toEqual(['in', 'in']);
    expect((await setRole(true)).body.require_mfa).toBe(true);
    expect(await everywhere()).toEqual([REQUIRED, REQUIRED]);
    const refused = await world.call('GET', '/roles', { token: user.token });
    expect([refused.status, refused.headers['content-type']]).toEqual([
      403,
      expect.stringContaining('application/problem+json'),
    ]);
    await enrol(user.token);
    expect(await everywhere()).toEqual(['in', 'in']);
  });

  it('leaves open what leads to a second factor, and out', async () => {
    const user = await world.userWith([[role, null]]);
    await setRole(true);
    const call = (method: 'GET' | 'POST', path: string, body?: object) =>
      world.call(method, path, { token: user.token, body });
    expect((await call('GET', '/me')).body.mfa_enrollment_required).toBe(true);
    for (const path of ['/me/mfa', '/me/sessions']) expect((await call('GET', path)).status).toBe(200);
    expect((await call('GET', '/me/identities')).body.code).toBe(REQUIRED);
    expect((await call('POST', '/auth/logout', {})).status).toBe(204);
  });

  it('asks again of a session whose second factor was given up, and not of one opened with it', async () => {
    const user = await world.userWith([[role, null]]);
    await setRole(true);
    const secret = await enrol(user.token);
    const code = totp.code(secret, new Date(Date.now() + 30_000));
    const payload = { email: user.email, password: PASSWORD, mfa_code: code };
    const login = await world.app.inject({ method: 'POST', url: '/api/auth/login', payload });
    const token = String(login.json().access_token);
    expect(await answerOf('/roles', token)).toBe('in');
    await world.call('POST', '/me/mfa/disable', { token, body: { password: PASSWORD } });
    expect(await answerOf('/roles', token)).toBe(REQUIRED);
  });

  it('counts where it is held, inherited or given by a group, and nowhere else', async () => {
    const heir = `${role}-heir`;
    await world.role(heir, [], [role]);
    await setRole(true);
    const user = await world.userWith([
      [heir, 'acme'],
      ['viewer', null],
    ]);
    await world.role('audit-reader', ['audit:read']);
    await world.users.assignRole({ userId: user.id, role: 'audit-reader', organizationId: null });
    expect(await answerOf('/organizations/acme/audit', user.token)).toBe(REQUIRED);
    expect(await answerOf('/organizations/rival/audit', user.token)).toBe('in');
    const group = `${role}-group`;
    await world.call('POST', '/groups', { body: { slug: group, name: group } });
    await world.call('PUT', `/groups/${group}/roles/${role}?organization=rival`);
    await world.call('PUT', `/groups/${group}/members/users/${user.id}`);
    expect(await answerOf('/organizations/rival/audit', user.token)).toBe(REQUIRED);
  });

  it('is asked of administrators who hold it, and of no others', async () => {
    const user = await world.userWith([[role, null]]);
    await setRole(true);
    await world.platform.graph.transaction((tx) => tx.patch(User, user.id, { set: { is_admin: true } }));
    expect(await answerOf('/users', user.token)).toBe(REQUIRED);
    expect(await answerOf('/users', world.adminToken)).toBe('in');
  });

  it('holds for keys by whether their owner has one, and not for service accounts', async () => {
    const user = await world.userWith([[role, null]]);
    const robot = await world.platform.graph.transaction(async (tx) => {
      const { id } = await tx.insert(ServiceAccount, { slug: role, name: 'Robot', is_active: true, is_admin: false });
      const held = await tx.find(Role, { slug: role });
      await tx.connectMany(HasRole, [{ from: ref(ServiceAccount, id), to: held?.id ?? '' }]);
      return id;
    });
    await setRole(true);
    const [key, robotKey] = [await keyOf(user.id), await keyOf(robot)];
    expect([await answerOf('/roles', key), await answerOf('/roles', robotKey)]).toEqual([REQUIRED, 'in']);
    await enrol(user.token);
    expect(await answerOf('/roles', key)).toBe('in');
  });

  it('leaves a denial in the audit log', async () => {
    const user = await world.userWith([[role, null]]);
    await setRole(true);
    await answerOf('/roles', user.token);
    const { rows } = await sql<{ reason: string }>`
      select payload->>'reason' as reason from imbi_system.outbox
      where name = 'audit_events' and payload->>'actor_id' = ${user.id} and payload->>'outcome' = 'denied'
    `.execute(world.platform.database.kysely);
    expect(rows).toEqual([{ reason: REQUIRED }]);
  });
});

describe('an organization that asks for a second factor', () => {
  it('does so at the next call to anything in it, of everybody, and of nobody elsewhere', async () => {
    const user = await world.userWith([[role, null]]);
    const at = (slug: string, token = user.token) => answerOf(`/organizations/${slug}/audit`, token);
    expect(await at('acme')).toBe('in');
    await setOrganization('acme', true);
    expect([await at('acme'), await at('rival'), await at('acme', world.adminToken)]).toEqual([
      REQUIRED,
      'in',
      REQUIRED,
    ]);
    expect(await answerOf('/organizations/acme/audit', user.token, replica)).toBe(REQUIRED);
    expect((await world.call('GET', '/me?organization=acme', { token: user.token })).body).toMatchObject({
      mfa_enrollment_required: true,
    });
    await enrol(user.token);
    expect(await at('acme')).toBe('in');
  });

  it('tells nobody that it does, or is there, who may do nothing in it', async () => {
    await setOrganization('acme', true);
    const stranger = await world.userWith();
    expect(await answerOf('/organizations/acme/audit', stranger.token)).toBe('not_found');
  });
});
