import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ref } from '#libs/graph';
import { type AuthPlatform, authPlatform, type ServiceLocator, TestProject } from '#test/auth';
import {
  type AccessShape,
  accessShapes,
  PERMISSIONS_OF_GRAPHS,
  type Place,
  placesOf,
  referenceAccess,
  referenceGroupAccess,
} from '../../test/access-graphs.js';
import { at, type BuiltAccess, buildAccess, grantOf, insertPermissions, urlPlace } from '../../test/built-access.js';
import { ApiKeyCodec } from '../api-key/api-key-codec.js';
import { CanAccess, type GrantAction } from '../grant/grant.edge.js';
import { grantables } from '../grant/grant-kinds.js';
import { Grants, HasRole, InheritsFrom, MemberOf } from '../model/identity.edge.js';
import { Group, Permission, User } from '../model/identity.vertex.js';
import type { CredentialSubject } from '../principal/credential-subject.js';
import { type PrincipalReference, parsePrincipal } from '../principal/principal-reference.js';
import { Principals } from '../principal/principals.js';
import { ExplainReadModel } from './explain.read-model.js';
import { explain } from './explanation.js';
import { actionsFor, type PlaceReference } from './question.js';
import { type AccessChange, SimulationReadModel } from './simulation.read-model.js';
import { WhatCanReadModel } from './what-can.read-model.js';
import { WhoCanReadModel } from './who-can.read-model.js';

/** How many random graphs; the more, the longer. */
const GRAPHS = process.env['IMBI_TEST_ACCESS_GRAPHS'];
// Few graphs could happen to have no change in them that gives or takes anything, so the few are always the same.
const CHOSEN = GRAPHS === undefined ? { numRuns: 15, seed: 20_261_128 } : { numRuns: Number(GRAPHS) };
const RUNS = CHOSEN.numRuns;
const ALL = { descending: false, limit: 1_000_000, count: false };

let platform: AuthPlatform;
let services: ServiceLocator;

beforeAll(async () => {
  platform = await authPlatform();
  services = await platform.services();
  await insertPermissions(platform);
});

afterAll(() => platform?.close());

const build = (shape: AccessShape) => buildAccess(platform, services.get(ApiKeyCodec), shape);

/** What a request may do in a place, as its guard decides it. */
async function permitted(built: BuiltAccess, subject: CredentialSubject, place: Place): Promise<string[]> {
  const auth = await services.get(Principals).resolve(subject, urlPlace(built, place));
  return PERMISSIONS_OF_GRAPHS.filter((permission) => auth?.canOnResource(permission) ?? false);
}

function reference(text: string): PrincipalReference {
  const parsed = parsePrincipal(text);
  if (!parsed) throw new Error(`"${text}" is no principal`);
  return parsed;
}

const userReference = (built: BuiltAccess, user: number) => reference(`user:${at(built.users, user).id}`);
const groupReference = (built: BuiltAccess, group: number) => reference(`group:${at(built.groups, group).slug}`);

function placeReference(built: BuiltAccess, { organization, project }: Place): PlaceReference | undefined {
  if (project !== null) return { kind: 'project', id: at(built.projects, project).id };
  return organization === null ? undefined : { kind: 'organization', slug: at(built.organizations, organization).slug };
}

async function isExplained(principal: PrincipalReference, permission: string, place: PlaceReference | undefined) {
  const now = new Date();
  const facts = await new ExplainReadModel(platform.graph).facts(principal, permission, place);
  const { allowed, paths, missing } = explain(facts, actionsFor(place, permission, kinds()), now);
  // Either there is a way, or something is said of what lacks; never both.
  expect([paths.length > 0, missing.length > 0]).toEqual([allowed, !allowed && missing.length > 0]);
  return allowed;
}

const kinds = () => grantables(platform.graph.model);

/** A change by indexes, made so that it leads to no circle. */
type Change =
  | { kind: 'role'; role: number; permissions?: number[]; inherits?: number[] }
  | { kind: 'assignment'; user: boolean; holder: number; role: number; place: number | null; isRemoval: boolean }
  | { kind: 'membership'; user: boolean; member: number; group: number; isRemoval: boolean }
  | { kind: 'grant'; user: boolean; holder: number; project: number; actions: GrantAction[]; expiresIn: number | null };

function changesOf(shape: AccessShape): fc.Arbitrary<Change> {
  const holder = (isUser: boolean) => fc.nat((isUser ? shape.users.length : shape.groups) - 1);
  const place = fc.option(fc.nat(shape.organizations - 1));
  const role = fc.nat(shape.roles - 1);
  const stored = (list: readonly (readonly [number, number, number | null])[]) =>
    list.length === 0 ? fc.tuple(role, role, place) : fc.constantFrom(...list);
  return fc.boolean().chain((user) =>
    fc.oneof(
      role.chain((index) =>
        fc.record({
          kind: fc.constant('role' as const),
          role: fc.constant(index),
          permissions: fc.option(fc.uniqueArray(fc.nat(PERMISSIONS_OF_GRAPHS.length - 1)), { nil: undefined }),
          inherits: fc.option(
            fc.uniqueArray(role).map((roles) => roles.filter((other) => other > index)),
            { nil: undefined },
          ),
        }),
      ),
      fc.record({
        kind: fc.constant('assignment' as const),
        user: fc.constant(user),
        holder: holder(user),
        role,
        place,
        isRemoval: fc.constant(false),
      }),
      stored(user ? shape.userRole : shape.groupRole).map(([from, index, where]) => ({
        kind: 'assignment' as const,
        user,
        holder: from % (user ? shape.users.length : shape.groups),
        role: index,
        place: where,
        isRemoval: true,
      })),
      fc
        .record({ member: holder(user), group: fc.nat(shape.groups - 1), isRemoval: fc.boolean() })
        .map((edge) => ({ kind: 'membership' as const, user, ...edge }))
        .filter((edge) => edge.user || edge.member < edge.group),
      fc.record({
        kind: fc.constant('grant' as const),
        user: fc.constant(user),
        holder: holder(user),
        project: fc.nat(shape.projects.length - 1),
        actions: fc.uniqueArray(fc.constantFrom<GrantAction[]>('read', 'write', 'delete', 'admin'), { maxLength: 2 }),
        expiresIn: fc.constantFrom(null, 3600, -3600),
      }),
    ),
  );
}

function toChange(built: BuiltAccess, change: Change): AccessChange {
  const principal = (isUser: boolean, index: number) =>
    isUser ? userReference(built, index) : groupReference(built, index);
  const slugOf = (index: number) => at(built.roles, index).slug;
  switch (change.kind) {
    case 'role': {
      const { permissions, inherits } = change;
      return {
        kind: 'role',
        role: slugOf(change.role),
        permissions: permissions?.map((index) => at(PERMISSIONS_OF_GRAPHS, index)),
        inherits: inherits?.map(slugOf),
      };
    }
    case 'assignment': {
      const place = placeReference(built, { organization: change.place, project: null });
      const { isRemoval } = change;
      return {
        kind: 'assignment',
        principal: principal(change.user, change.holder),
        role: slugOf(change.role),
        place,
        isRemoval,
      };
    }
    case 'membership': {
      const member = principal(change.user, change.member);
      return { kind: 'membership', member, group: at(built.groups, change.group).slug, isRemoval: change.isRemoval };
    }
    case 'grant':
      return {
        kind: 'grant',
        principal: principal(change.user, change.holder),
        place: { kind: 'project', id: at(built.projects, change.project).id },
        actions: change.actions,
        expiresAt: grantOf([], change.expiresIn).expires_at,
      };
  }
}

/** Makes the change, as the services do. */
async function make(built: BuiltAccess, change: Change): Promise<void> {
  const end = (isUser: boolean, index: number) =>
    isUser ? ref(User, at(built.users, index).id) : ref(Group, at(built.groups, index).id);
  await platform.graph.transaction(async (tx) => {
    if (change.kind === 'role') {
      const { id } = at(built.roles, change.role);
      if (change.permissions) {
        const found = await Promise.all(
          change.permissions.map((index) => tx.find(Permission, { name: at(PERMISSIONS_OF_GRAPHS, index) })),
        );
        await tx.replaceEdges(
          Grants,
          id,
          found.map((permission) => ({ to: permission?.id ?? '' })),
        );
      }
      const inherits = change.inherits?.map((index) => ({ to: at(built.roles, index).id }));
      if (inherits) await tx.replaceEdges(InheritsFrom, id, inherits);
    } else if (change.kind === 'assignment') {
      const organization_id = change.place === null ? null : at(built.organizations, change.place).id;
      const edge = { from: end(change.user, change.holder), to: at(built.roles, change.role).id };
      const properties = { organization_id };
      if (change.isRemoval) await tx.disconnect(HasRole, { ...edge, properties });
      else await tx.connectMany(HasRole, [{ ...edge, properties }], { onConflict: 'skip' });
    } else if (change.kind === 'membership') {
      const edge = { from: end(change.user, change.member), to: ref(Group, at(built.groups, change.group).id) };
      if (change.isRemoval) await tx.disconnect(MemberOf, edge);
      else await tx.connectMany(MemberOf, [edge], { onConflict: 'skip' });
    } else {
      const edge = {
        from: end(change.user, change.holder),
        to: ref(TestProject, at(built.projects, change.project).id),
      };
      await tx.disconnect(CanAccess, edge);
      const properties = grantOf(change.actions, change.expiresIn);
      if (change.actions.length > 0) await tx.connectMany(CanAccess, [{ ...edge, properties }]);
    }
  });
}

/** What everybody may do everywhere: `user place permission`. */
async function everything(built: BuiltAccess, shape: AccessShape): Promise<Set<string>> {
  const found = new Set<string>();
  for (const { id, session } of built.users) {
    for (const [index, place] of placesOf(shape).entries()) {
      for (const permission of await permitted(built, session, place)) found.add(`${id} ${index} ${permission}`);
    }
  }
  return found;
}

describe('access on random graphs', () => {
  it('is what the reference says: by session and by key, explained, listed by permission and by principal', async () => {
    let compared = 0;
    let explained = 0;
    await fc.assert(
      fc.asyncProperty(accessShapes, fc.nat(), async (shape, seed) => {
        const built = await build(shape);
        const places = placesOf(shape);
        for (const [user, { session, key }] of built.users.entries()) {
          for (const place of places) {
            const expected = referenceAccess(shape, user, place);
            // Twice: computed, and from memory.
            expect(await permitted(built, session, place)).toEqual(expected);
            expect(await permitted(built, session, place)).toEqual(expected);
            expect(await permitted(built, key, place)).toEqual(referenceAccess(shape, user, place, shape.scopes[user]));
            compared += 1;
          }
          const asked = at(places, (seed + user) % places.length);
          const permission = at(PERMISSIONS_OF_GRAPHS, (seed + compared) % PERMISSIONS_OF_GRAPHS.length);
          const isAllowed = await isExplained(userReference(built, user), permission, placeReference(built, asked));
          expect(isAllowed).toBe(referenceAccess(shape, user, asked).includes(permission));
          explained += 1;
        }
        const place = at(places, seed % places.length);
        const permission = at(PERMISSIONS_OF_GRAPHS, seed % PERMISSIONS_OF_GRAPHS.length);
        await whoCanAgrees(built, shape, permission, place);
        const group = seed % shape.groups;
        const isAllowed = await isExplained(groupReference(built, group), permission, placeReference(built, place));
        expect(isAllowed).toBe(referenceGroupAccess(shape, group, place).includes(permission));
        await whatCanAgrees(built, shape, seed % shape.users.length);
      }),
      CHOSEN,
    );
    expect(compared).toBeGreaterThan(RUNS * 2);
    expect(explained).toBeGreaterThanOrEqual(RUNS);
  });

  it('changes as a simulation of the change said', async () => {
    const counts = { changes: 0, gains: 0, losses: 0 };
    const given = accessShapes.chain((shape) => fc.tuple(fc.constant(shape), changesOf(shape)));
    await fc.assert(
      fc.asyncProperty(given, async ([shape, change]) => {
        const built = await build(shape);
        const simulated = await new SimulationReadModel(platform.graph).simulate(
          toChange(built, change),
          1000,
          new Date(),
        );
        expect(simulated).toMatchObject({ missing: [], isCircular: false });
        const before = await everything(built, shape);
        await make(built, change);
        const after = await everything(built, shape);
        const [gained, lost] = [expand(built, shape, simulated.added), expand(built, shape, simulated.removed)];
        // What is held everywhere is held in each place too, where it may be held by something else besides.
        expect([...gained].filter((one) => !before.has(one)).sort()).toEqual(without(after, before));
        expect([...lost].filter((one) => !after.has(one)).sort()).toEqual(without(before, after));
        expect(simulated.added.every((row) => isChanged(built, shape, row, before, after))).toBe(true);
        expect(simulated.removed.every((row) => isChanged(built, shape, row, after, before))).toBe(true);
        expect([simulated.addedTotal, simulated.removedTotal]).toEqual([
          simulated.added.length,
          simulated.removed.length,
        ]);
        counts.changes += 1;
        counts.gains += simulated.addedTotal;
        counts.losses += simulated.removedTotal;
      }),
      CHOSEN,
    );
    expect(counts.changes).toBeGreaterThanOrEqual(RUNS);
    expect(Math.min(counts.gains, counts.losses)).toBeGreaterThan(0);
  });
});

async function whoCanAgrees(built: BuiltAccess, shape: AccessShape, permission: string, place: Place): Promise<void> {
  const { rows } = await new WhoCanReadModel(platform.graph).list(
    permission,
    placeReference(built, place),
    ALL,
    new Date(),
  );
  const ids = new Set(rows.map(({ id }) => id));
  const found = built.users.map(({ id }) => ids.has(id));
  expect(found).toEqual(shape.users.map((_, user) => referenceAccess(shape, user, place).includes(permission)));
}

async function whatCanAgrees(built: BuiltAccess, shape: AccessShape, user: number): Promise<void> {
  const { rows } = await new WhatCanReadModel(platform.graph).list(userReference(built, user), ALL, new Date());
  for (const place of placesOf(shape)) {
    const organization = place.organization === null ? null : at(built.organizations, place.organization).slug;
    const resource = place.project === null ? null : at(built.projects, place.project).id;
    const held = rows
      .filter((row) => row.organization === null || row.organization === organization)
      .filter((row) => row.resource_id === null || row.resource_id === resource)
      .map((row) => row.permission);
    expect([...new Set(held)].sort()).toEqual(referenceAccess(shape, user, place).sort());
  }
}

interface Row {
  readonly id: string;
  readonly permission: string;
  readonly organization: string | null;
  readonly resource_id: string | null;
}

/** In which places a difference counts, as {@link everything} says it. */
function expand(built: BuiltAccess, shape: AccessShape, rows: readonly Row[]): Set<string> {
  return new Set(
    rows.flatMap((row) => placesOfRow(built, shape, row).map((place) => `${row.id} ${place} ${row.permission}`)),
  );
}

function placesOfRow(built: BuiltAccess, shape: AccessShape, row: Row): number[] {
  return [...placesOf(shape).entries()].flatMap(([index, place]) => {
    const organization = place.organization === null ? null : at(built.organizations, place.organization).slug;
    const resource = place.project === null ? null : at(built.projects, place.project).id;
    const fits = row.organization === null || row.organization === organization;
    return fits && (row.resource_id === null || row.resource_id === resource) ? [index] : [];
  });
}

/** Whether a difference is one in at least one place: nothing is told that is not so. */
function isChanged(
  built: BuiltAccess,
  shape: AccessShape,
  row: Row,
  from: ReadonlySet<string>,
  to: ReadonlySet<string>,
) {
  return placesOfRow(built, shape, row).some((place) => {
    const entry = `${row.id} ${place} ${row.permission}`;
    return to.has(entry) && !from.has(entry);
  });
}

function without(left: ReadonlySet<string>, right: ReadonlySet<string>): string[] {
  return [...left].filter((one) => !right.has(one)).sort();
}
