import type { GrantAction } from '../grant/grant.edge.js';
import type { AccessFacts, Node } from './access-facts.js';

/** One way by which a permission is held. */
export interface AccessPath {
  readonly kind: 'administrator' | 'role' | 'grant';
  /** From the group that the principal is in to the one that holds the role or the grant; none where that is the principal. */
  readonly groups: readonly Node[];
  /** From the role that is held to the one that grants the permission. */
  readonly roles: readonly Node[];
  /** Slug of the organization the role is held in; null for everywhere, and for grants. */
  readonly organization: string | null;
  readonly actions: readonly GrantAction[];
  readonly expires_at: string | null;
}

/** Something that would give the permission, were it not for one thing. */
export interface MissingAccess {
  readonly kind: 'inactive' | 'role_elsewhere' | 'expired_grant' | 'grant_action' | 'group' | 'role' | 'grant';
  readonly role: string | null;
  readonly group: string | null;
  readonly organization: string | null;
  readonly actions: readonly string[];
  readonly expires_at: string | null;
}

export interface Explanation {
  readonly allowed: boolean;
  readonly paths: readonly AccessPath[];
  /** The nearest first; none where it is allowed. */
  readonly missing: readonly MissingAccess[];
}

type Edge = readonly [string, string];
type Chain = readonly string[];

/**
 * Whether a principal holds a permission, by every assignment and grant that gives it, each by its shortest chain of
 * groups and of roles. `sufficient` are the actions of a grant that would do.
 */
export function explain(facts: AccessFacts, sufficient: readonly string[], now: Date): Explanation {
  const paths = pathsOf(facts, sufficient, now);
  const isActive = facts.principal?.isActive ?? false;
  if (isActive && paths.length > 0) return { allowed: true, paths, missing: [] };
  if (paths.length > 0) return { allowed: false, paths: [], missing: [missing('inactive')] };
  return { allowed: false, paths: [], missing: missingOf(facts, sufficient, now) };
}

function pathsOf(facts: AccessFacts, sufficient: readonly string[], now: Date): AccessPath[] {
  const { principal, place, giving, granting } = facts;
  if (!principal) return [];
  const chains = shortestChains(principal.gid, facts.memberships);
  const chainOf = (holder: string) => nodesOf(chains.get(holder)?.slice(1) ?? [], facts.groups);
  const administrator: AccessPath[] = principal.isAdmin ? [path('administrator')] : [];
  const byRole = facts.assignments
    .filter(
      ({ role, organization }) => giving.has(role) && (organization === null || organization === place?.organization),
    )
    .map(({ holder, role, organization }) => {
      const roles = nodesOf(shortestTo(role, facts.inheritance, granting), facts.roles);
      return { ...path('role'), groups: chainOf(holder), roles, organization };
    });
  const byGrant = facts.grants
    .filter(({ actions, expiresAt }) => suffices(actions, sufficient) && isAlive(expiresAt, now))
    .map(({ holder, actions, expiresAt }) => ({
      ...path('grant'),
      groups: chainOf(holder),
      actions,
      expires_at: expiresAt,
    }));
  return [...administrator, ...[...byRole, ...byGrant].sort(byLength)];
}

function missingOf(facts: AccessFacts, sufficient: readonly string[], now: Date): MissingAccess[] {
  const organization = facts.place?.organization ?? null;
  const expired = facts.grants
    .filter(({ actions, expiresAt }) => suffices(actions, sufficient) && !isAlive(expiresAt, now))
    .map(({ holder, actions, expiresAt }) => ({
      ...missing('expired_grant'),
      group: facts.groups.get(holder)?.slug ?? null,
      actions,
      expires_at: expiresAt,
    }));
  const elsewhere = facts.assignments
    .filter(({ role }) => facts.giving.has(role))
    .map(({ holder, role, organization: place }) => ({
      ...missing('role_elsewhere'),
      role: facts.roles.get(role)?.slug ?? null,
      group: facts.groups.get(holder)?.slug ?? null,
      organization: place,
    }));
  const weaker = facts.grants
    .filter(
      ({ actions, expiresAt }) => sufficient.length > 0 && !suffices(actions, sufficient) && isAlive(expiresAt, now),
    )
    .map(({ holder }) => ({
      ...missing('grant_action'),
      group: facts.groups.get(holder)?.slug ?? null,
      actions: sufficient.slice(0, 1),
    }));
  const groups = facts.suggestedGroups.map(({ slug }) => ({ ...missing('group'), group: slug }));
  const roles = facts.suggestedRoles.map(({ slug }) => ({ ...missing('role'), role: slug, organization }));
  const grant = sufficient.length > 0 ? [{ ...missing('grant'), actions: sufficient.slice(0, 1) }] : [];
  return [...expired, ...elsewhere, ...weaker, ...groups, ...roles, ...grant];
}

/** From `start` to everything it reaches, by breadth: the first chain to arrive is a shortest one. */
function shortestChains(start: string, edges: readonly Edge[]): ReadonlyMap<string, Chain> {
  const next = successors(edges);
  const chains = new Map<string, Chain>([[start, [start]]]);
  for (const [at, chain] of chains) {
    for (const to of next.get(at) ?? []) if (!chains.has(to)) chains.set(to, [...chain, to]);
  }
  return chains;
}

function shortestTo(start: string, edges: readonly Edge[], targets: ReadonlySet<string>): Chain {
  for (const [at, chain] of shortestChains(start, edges)) if (targets.has(at)) return chain;
  return [start];
}

function successors(edges: readonly Edge[]): ReadonlyMap<string, readonly string[]> {
  const next = new Map<string, string[]>();
  for (const [from, to] of edges) next.set(from, [...(next.get(from) ?? []), to]);
  return next;
}

function nodesOf(chain: Chain, nodes: ReadonlyMap<string, Node>): Node[] {
  return chain.flatMap((gid) => nodes.get(gid) ?? []);
}

function suffices(actions: readonly string[], sufficient: readonly string[]): boolean {
  return actions.some((action) => sufficient.includes(action));
}

function isAlive(expiresAt: string | null, now: Date): boolean {
  return expiresAt === null || Date.parse(expiresAt) > now.getTime();
}

function byLength(left: AccessPath, right: AccessPath): number {
  return left.groups.length + left.roles.length - (right.groups.length + right.roles.length);
}

function path(kind: AccessPath['kind']): AccessPath {
  return { kind, groups: [], roles: [], organization: null, actions: [], expires_at: null };
}

function missing(kind: MissingAccess['kind']): MissingAccess {
  return { kind, role: null, group: null, organization: null, actions: [], expires_at: null };
}
