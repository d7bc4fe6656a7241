import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { sql } from 'kysely';
import { Client as PgClient } from 'pg';
import { newId } from '#libs/common';
import { generateKey, KeyRing } from '#libs/crypto';
import { ref } from '#libs/graph';
import { type AuthPlatform, authPlatform, type ServiceLocator, TestOrganization, TestProject } from '#test/auth';
import { ApiKeyCodec } from '../api-key/api-key-codec.js';
import { CanAccess, type GrantAction } from '../grant/grant.edge.js';
import { ApiKey, ClientCredential } from '../model/credential.vertex.js';
import { Grants, HasRole, MemberOf } from '../model/identity.edge.js';
import { Group, Permission, Role, ServiceAccount, User } from '../model/identity.vertex.js';
import { Session } from '../model/session.vertex.js';
import type { ApiKeySubject, ClientSubject, SessionSubject } from './credential-subject.js';
import { CredentialUse } from './credential-use.js';
import { type PrincipalPlace, Principals } from './principals.js';

const READ = 'thing:read';
const WRITE = 'thing:write';
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000);

let platform: AuthPlatform;
let services: ServiceLocator;
let codec: ApiKeyCodec;
let organization: { id: string; slug: string };

beforeAll(async () => {
  platform = await authPlatform();
  services = await platform.services();
  codec = services.get(ApiKeyCodec);
  const [acme] = await platform.graph.transaction(async (tx) => {
    const role = await tx.insert(Role, { slug: 'reader', name: 'r', priority: 1, is_system: false, is_default: false });
    for (const name of [READ, WRITE]) {
      const permission = await tx.insert(Permission, { name });
      await tx.connect(Grants, role.id, permission.id);
    }
    return tx.insertMany(TestOrganization, [{ slug: 'acme' }, { slug: 'rival' }]);
  });
  if (!acme) throw new Error('two organizations were inserted');
  organization = acme;
});

afterAll(() => platform?.close());

const resolve = (
  subject: ApiKeySubject | ClientSubject | SessionSubject,
  place: PrincipalPlace = { organization: 'acme' },
  now?: Date,
) => services.get(Principals).resolve(subject, place, now);

async function someUser(given: { isAdmin?: boolean; withRole?: boolean } = {}): Promise<string> {
  const { isAdmin = false, withRole = true } = given;
  const email = `${newId().toLowerCase()}@example.org`;
  return platform.graph.transaction(async (tx) => {
    const { id } = await tx.insert(User, {
      email,
      email_key: email,
      display_name: 'Somebody',
      is_active: true,
      is_admin: isAdmin,
    });
    if (withRole) await giveRole(tx, ref(User, id));
    return id;
  });
}

async function someServiceAccount(): Promise<string> {
  const slug = `robot-${newId()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '0')}`;
  return platform.graph.transaction(async (tx) => {
    const { id } = await tx.insert(ServiceAccount, { slug, name: 'Robot', is_active: true, is_admin: false });
    await giveRole(tx, ref(ServiceAccount, id));
    return id;
  });
}

async function giveRole(
  tx: Parameters<Parameters<typeof platform.graph.transaction>[0]>[0],
  to: ReturnType<typeof ref>,
): Promise<void> {
  const [role] = (await tx.list(Role, { where: { slug: 'reader' }, limit: 1 })).items;
  await tx.connect(HasRole, to, role?.id ?? '', { organization_id: organization.id });
}

async function keyOf(ownerId: string, scopes: string[], rest: object = {}) {
  const { key, keyId, mac } = codec.make();
  const { id } = await platform.graph.transaction((tx) =>
    tx.insert(ApiKey, { key_id: keyId, name: 'ci', owner_id: ownerId, secret_mac: mac, scopes, ...rest }),
  );
  const subject = codec.read(key);
  if (!subject) throw new Error('a key that was just made can be read');
  return { id, key, subject };
}

async function clientOf(ownerId: string, scopes: string[]) {
  const clientId = `ic_${newId()}`;
  const { id } = await platform.graph.transaction((tx) =>
    tx.insert(ClientCredential, { client_id: clientId, name: 'ci', owner_id: ownerId, secret_mac: newId(), scopes }),
  );
  const subject: ClientSubject = {
    kind: 'client',
    clientId,
    serviceAccountId: ownerId,
    tokenId: newId(),
    scopes: [READ, WRITE],
  };
  return { id, subject };
}

async function sessionOf(userId: string): Promise<SessionSubject> {
  const { id } = await platform.graph.transaction((tx) =>
    tx.insert(Session, {
      user_id: userId,
      last_seen_at: new Date().toISOString(),
      expires_at: inSeconds(3600).toISOString(),
    }),
  );
  return { kind: 'session', sessionId: id, userId };
}

describe('an API key', () => {
  it('may do what its owner may, within its scopes, by one statement', async () => {
    const owner = await someUser();
    const { subject } = await keyOf(owner, [READ, 'thing:delete']);
    const query = jest.spyOn(PgClient.prototype, 'query');
    const first = await resolve(subject);
    const second = await resolve(subject);
    expect(query).toHaveBeenCalledTimes(2);
    query.mockRestore();
    for (const auth of [first, second]) {
      expect(auth).toMatchObject({
        principal: { kind: 'user', id: owner, isAdmin: false },
        credential: { kind: 'api_key', id: subject.keyId },
        isAdmin: false,
      });
      expect([...(auth?.permissions ?? [])]).toEqual([READ]);
      expect([auth?.can(READ), auth?.can(WRITE), auth?.can('thing:delete')]).toEqual([true, false, false]);
    }
  });

  it('of an administrator may do what its scopes name, and is no administrator', async () => {
    const { subject } = await keyOf(await someUser({ isAdmin: true, withRole: false }), [READ]);
    const auth = await resolve(subject);
    expect(auth).toMatchObject({ principal: { isAdmin: true }, isAdmin: false });
    expect([auth?.can(READ), auth?.can(WRITE), auth?.canOnResource(WRITE)]).toEqual([true, false, false]);
  });

  it('may belong to a service account', async () => {
    const owner = await someServiceAccount();
    const { subject } = await keyOf(owner, [WRITE]);
    const auth = await resolve(subject);
    expect(auth).toMatchObject({ principal: { kind: 'service_account', id: owner, name: 'Robot' } });
    expect([...(auth?.permissions ?? [])]).toEqual([WRITE]);
  });

  it('stands for nobody in person', async () => {
    const auth = await resolve((await keyOf(await someUser(), [READ])).subject);
    expect(() => auth?.user).toThrow(expect.objectContaining({ code: 'interactive_session_required' }));
    expect(() => auth?.sessionId).toThrow(expect.objectContaining({ code: 'interactive_session_required' }));
  });

  it('is refused with another secret, once revoked or over, and with an owner who is gone or switched off', async () => {
    const owner = await someUser();
    const { id, subject } = await keyOf(owner, [READ], { expires_at: inSeconds(60).toISOString() });
    expect(await resolve(subject)).toBeDefined();
    const other = codec.read(codec.make(subject.keyId).key);
    expect(other && (await resolve(other))).toBeUndefined();
    expect(await resolve(subject, {}, inSeconds(61))).toBeUndefined();
    const { graph } = platform;
    await graph.transaction((tx) => tx.patch(User, owner, { set: { is_active: false } }));
    expect(await resolve(subject)).toBeUndefined();
    await graph.transaction((tx) => tx.patch(User, owner, { set: { is_active: true } }));
    expect(await resolve(subject)).toBeDefined();
    await graph.transaction((tx) => tx.patch(ApiKey, id, { set: { revoked_at: new Date().toISOString() } }));
    expect(await resolve(subject)).toBeUndefined();
    const orphan = await keyOf(newId(), [READ]);
    expect(await resolve(orphan.subject)).toBeUndefined();
  });

  it('works by its former secret as long as the rotation said, and no longer', async () => {
    const { id, subject } = await keyOf(await someUser(), [READ]);
    const next = codec.make(subject.keyId);
    await platform.graph.transaction((tx) =>
      tx.patch(ApiKey, id, {
        set: { secret_mac: next.mac, previous_mac: subject.macs[0], previous_until: inSeconds(30).toISOString() },
      }),
    );
    const renewed = codec.read(next.key);
    expect(renewed && (await resolve(renewed))).toBeDefined();
    expect(await resolve(subject)).toBeDefined();
    expect(await resolve(subject, {}, inSeconds(31))).toBeUndefined();
    expect(renewed && (await resolve(renewed, {}, inSeconds(31)))).toBeDefined();
  });
});

describe('a key whose secret an older key of the ring protects', () => {
  const [older, newer] = [generateKey(), generateKey()];
  const by = (...keys: [string, ...string[]]) => new ApiKeyCodec(new KeyRing(keys));
  const use = () => services.get(CredentialUse);

  async function oldKey() {
    const { key, keyId, mac } = by(older).make();
    const owner_id = await someUser();
    const { id } = await platform.graph.transaction((tx) =>
      tx.insert(ApiKey, { key_id: keyId, name: 'old', owner_id, secret_mac: mac, scopes: [READ] }),
    );
    const read = (...keys: [string, ...string[]]) => {
      const subject = by(...keys).read(key);
      if (!subject) throw new Error('a key that was just made can be read');
      return subject;
    };
    return { id, keyId, read };
  }

  it('is protected by the first one from its next use on, so that the older one can go', async () => {
    const { read } = await oldKey();
    expect(await resolve(read(newer))).toBeUndefined();
    expect(await resolve(read(newer, older))).toBeDefined();
    await use().flush();
    expect(await resolve(read(newer))).toBeDefined();
    expect(await resolve(read(older))).toBeUndefined();
  });

  it('keeps the former secret of a rotation, which is protected anew as well', async () => {
    const { id, keyId, read } = await oldKey();
    const { mac } = by(older).make(keyId);
    const previous_mac = read(older).macs[0];
    const rotation = { secret_mac: mac, previous_mac, previous_until: inSeconds(30).toISOString() };
    await platform.graph.transaction((tx) => tx.patch(ApiKey, id, { set: rotation }));
    expect(await resolve(read(newer, older))).toBeDefined();
    await use().flush();
    expect(await resolve(read(newer))).toBeDefined();
    expect(await platform.graph.read.reveal(ApiKey, id, 'secret_mac')).toBe(mac);
  });

  it('stays rotated, where it was rotated between its use and the writing down of it', async () => {
    const { id, keyId, read } = await oldKey();
    expect(await resolve(read(newer, older))).toBeDefined();
    const { mac } = by(newer).make(keyId);
    await platform.graph.transaction((tx) => tx.patch(ApiKey, id, { set: { secret_mac: mac } }));
    await use().flush();
    expect(await platform.graph.read.reveal(ApiKey, id, 'secret_mac')).toBe(mac);
    expect(await resolve(read(newer, older))).toBeUndefined();
  });
});

describe('a client’s token', () => {
  it('may do what it was asked for and its client may, until either is taken back', async () => {
    const account = await someServiceAccount();
    const { id, subject } = await clientOf(account, [READ]);
    const auth = await resolve(subject);
    expect(auth).toMatchObject({ principal: { kind: 'service_account', id: account }, credential: { kind: 'client' } });
    expect([...(auth?.permissions ?? [])]).toEqual([READ]);
    expect([...((await resolve({ ...subject, scopes: [WRITE] }))?.permissions ?? ['none'])]).toEqual([]);
    expect(await resolve({ ...subject, serviceAccountId: newId() })).toBeUndefined();
    await sql`insert into imbi_system.revoked_tokens (jti, expires_at) values (${subject.tokenId}, now())`.execute(
      platform.database.kysely,
    );
    expect(await resolve(subject)).toBeUndefined();
    const another = { ...subject, tokenId: newId() };
    expect(await resolve(another)).toBeDefined();
    const revoked_at = new Date().toISOString();
    await platform.graph.transaction((tx) => tx.patch(ClientCredential, id, { set: { revoked_at } }));
    expect(await resolve(another)).toBeUndefined();
  });
});

describe('a grant on the resource of the URL', () => {
  let project: { id: string };
  beforeAll(async () => {
    const rival = await platform.graph.read.find(TestOrganization, { slug: 'rival' });
    project = await platform.graph.transaction((tx) =>
      tx.insert(TestProject, { organization_id: rival?.id ?? '', slug: 'api', name: 'API' }),
    );
  });
  const on = (key: string, place = 'rival') => ({
    organization: place,
    resource: { label: 'Project', by: 'id' as const, key },
  });
  const grant = (from: ReturnType<typeof ref>, actions: GrantAction[], expires_at?: Date) =>
    platform.graph.transaction((tx) =>
      tx.connect(CanAccess, from, ref(TestProject, project.id), {
        actions,
        granted_by: 'somebody',
        granted_at: new Date().toISOString(),
        expires_at: expires_at?.toISOString() ?? null,
      }),
    );

  it('allows its actions there and nothing elsewhere, by the same one statement', async () => {
    const user = await someUser({ withRole: false });
    const session = await sessionOf(user);
    expect((await resolve(session, on(project.id)))?.hasAccess).toBe(false);
    await grant(ref(User, user), ['read', 'write']);
    const query = jest.spyOn(PgClient.prototype, 'query');
    const auth = await resolve(session, on(project.id));
    expect(query).toHaveBeenCalledTimes(1);
    query.mockRestore();
    expect(auth).toMatchObject({ hasAccess: true });
    const names = ['project:read', 'project:write', 'project:create', 'project:delete', 'project:grant', 'team:read'];
    expect(names.map((name) => auth?.canOnResource(name))).toEqual([true, true, false, false, false, false]);
    expect(auth?.can('project:read')).toBe(false);
    expect((await resolve(session, on(newId())))?.hasAccess).toBe(false);
    expect((await resolve(session, { organization: 'rival' }))?.hasAccess).toBe(false);
    expect((await resolve(session, on(project.id, 'acme')))?.hasAccess).toBe(false);
    const bySlug = { organization: 'rival', resource: { label: 'Project', by: 'slug' as const, key: 'api' } };
    expect((await resolve(session, bySlug))?.canOnResource('project:read')).toBe(true);
    expect((await resolve(session, { ...bySlug, organization: 'acme' }))?.hasAccess).toBe(false);
  });

  it('reaches members of groups in groups, whether or not their permissions were known before', async () => {
    const user = await someUser({ withRole: false });
    const session = await sessionOf(user);
    const [inner, outer] = await platform.graph.transaction((tx) =>
      tx.insertMany(
        Group,
        ['in', 'out'].map((name) => ({
          slug: `${name}-${newId()
            .toLowerCase()
            .replaceAll(/[^a-z0-9]/g, '0')}`,
          name,
        })),
      ),
    );
    const ids = [inner?.id ?? '', outer?.id ?? ''] as const;
    await platform.graph.transaction(async (tx) => {
      await tx.connect(MemberOf, ref(User, user), ref(Group, ids[0]));
      await tx.connect(MemberOf, ref(Group, ids[0]), ref(Group, ids[1]));
    });
    await resolve(session, { organization: 'rival' });
    await grant(ref(Group, ids[1]), ['admin']);
    for (const _ of ['computed', 'known']) {
      expect((await resolve(session, on(project.id)))?.canOnResource('project:grant')).toBe(true);
    }
  });

  it('ends when it expires, and is held within a key’s scopes', async () => {
    const user = await someUser({ withRole: false });
    await grant(ref(User, user), ['read', 'write'], inSeconds(60));
    const session = await sessionOf(user);
    expect((await resolve(session, on(project.id)))?.canOnResource('project:read')).toBe(true);
    expect((await resolve(session, on(project.id), inSeconds(61)))?.canOnResource('project:read')).toBe(false);
    const { subject } = await keyOf(user, ['project:read']);
    const auth = await resolve(subject, on(project.id));
    expect([auth?.canOnResource('project:read'), auth?.canOnResource('project:write')]).toEqual([true, false]);
  });
});
