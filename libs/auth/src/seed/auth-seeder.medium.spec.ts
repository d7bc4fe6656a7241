import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AuthPlatform, authPlatform, type ServiceLocator } from '#test/auth';
import { Grants } from '../model/identity.edge.js';
import { Permission, Role } from '../model/identity.vertex.js';
import { PERMISSIONS } from '../permission/permissions.js';
import { AuthSeeder } from './auth-seeder.js';

let platform: AuthPlatform;
let first: ServiceLocator;
let second: ServiceLocator;

beforeAll(async () => {
  platform = await authPlatform();
  [first, second] = [await platform.services(), await platform.services()];
});

afterAll(() => platform?.close());

async function grantsOf(slug: string): Promise<string[]> {
  const { read } = platform.graph;
  const role = await read.find(Role, { slug });
  const edges = await read.edgesOf(Grants, { from: role?.id });
  const permissions = await read.findMany(
    Permission,
    edges.map((edge) => edge.to),
  );
  return [...permissions.values()].map((permission) => permission.name).sort();
}

const namesFor = (role: 'admin' | 'developer' | 'viewer') =>
  PERMISSIONS.filter(({ roles }) => roles.includes(role))
    .map(({ name }) => name)
    .sort();

describe('AuthSeeder', () => {
  it('sets up roles and permissions once, though two processes start together', async () => {
    const done = await Promise.all([first.get(AuthSeeder).seed(), second.get(AuthSeeder).seed()]);
    expect(done.map((names) => names.length > 0).sort()).toEqual([false, true]);
    for (const role of ['admin', 'developer', 'viewer'] as const) expect(await grantsOf(role)).toEqual(namesFor(role));
    expect(await first.get(AuthSeeder).seed()).toEqual([]);
  });

  it('makes system roles, of which viewers are what new users become', async () => {
    const { items } = await platform.graph.read.list(Role, { limit: 10, order: [['priority', 'desc']] });
    expect(items.map((role) => [role.slug, role.is_system, role.is_default])).toEqual([
      ['admin', true, false],
      ['developer', true, false],
      ['viewer', true, true],
    ]);
  });

  it('adds what a later version brings, and undoes nothing that an operator did', async () => {
    const { graph } = platform;
    const developer = await graph.read.find(Role, { slug: 'developer' });
    const write = await graph.read.find(Permission, { name: 'project:write' });
    const tag = await graph.read.find(Permission, { name: 'tag:delete' });
    await graph.transaction(async (tx) => {
      await tx.disconnect(Grants, { from: developer?.id, to: write?.id });
      await tx.patch(Role, developer?.id ?? '', { set: { name: 'Engineer' } });
      await tx.remove(Permission, tag?.id ?? '');
    });
    const later = [
      ...PERMISSIONS,
      { name: 'later:read', description: 'See what comes later.', roles: ['developer' as const] },
    ];
    expect(await second.get(AuthSeeder).seed(later)).toEqual(['permission/later:read', 'grant/developer/later:read']);
    expect((await graph.read.find(Role, { slug: 'developer' }))?.name).toBe('Engineer');
    const expected = [...namesFor('developer'), 'later:read']
      .filter((name) => !['project:write', 'tag:delete'].includes(name))
      .sort();
    expect(await grantsOf('developer')).toEqual(expected);
  });
});
