import { Inject, Injectable } from '@nestjs/common';
import { RecentMap } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { AuthContext, type AuthCredential } from './auth-context.js';
import type { ApiKeySubject, CredentialSubject } from './credential-subject.js';
import { CredentialUse } from './credential-use.js';
import {
  type PrincipalQuestion,
  type PrincipalRow,
  PrincipalsReadModel,
  type ResourceReference,
  type VertexReference,
} from './principals.read-model.js';
import { findSecret } from './stored-secret.js';

/** Where a caller is looked at. */
export interface PrincipalPlace {
  /** Slug of the organization in the URL. */
  readonly organization?: string;
  /** A resource; the organization is the one that it belongs to. */
  readonly home?: VertexReference;
  /** The resource in the URL, where access to it may have been granted by itself. */
  readonly resource?: ResourceReference;
  /** What the caller wants to do there: grants on the resource need no look where their roles allow it anyway. */
  readonly permission?: string;
}

/** What follows from the roles of a principal in a place. */
interface Held {
  readonly permissions: ReadonlySet<string>;
  readonly requiresSecondFactor: boolean;
}

interface KnownPermissions extends Held {
  readonly version: string;
  readonly organizationId: string | null;
  readonly isAdmin: boolean;
}

interface Asked extends PrincipalQuestion {
  /** Under which what is known is kept. */
  readonly key: string;
  readonly known: KnownPermissions | undefined;
}

const MAX_KNOWN = 10_000;
const NONE: ReadonlySet<string> = new Set();
const NOTHING: Held = { permissions: NONE, requiresSecondFactor: false };

/**
 * Who is behind a credential and what they may do, as of now. Each call asks the database, by one statement, whether the
 * credential and its principal are alive; permission sets are kept under the version that the same statement returns,
 * which every change of roles, groups and grants raises. So nothing that was revoked is ever granted from memory. Where
 * the set is known, the statement is a small one that calls at the same time share; where it turns out to have changed,
 * the whole evaluation follows.
 */
@Injectable()
export class Principals {
  private readonly known = new RecentMap<string, KnownPermissions>(MAX_KNOWN);
  /** The scopes of keys and clients, by the text in which they are stored. */
  private readonly scopes = new RecentMap<string, ReadonlySet<string>>(MAX_KNOWN);

  constructor(
    private readonly readModel: PrincipalsReadModel,
    private readonly use: CredentialUse,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Undefined where the credential has ended or is wrong, or the principal is gone or switched off. */
  async resolve(
    subject: CredentialSubject,
    place: PrincipalPlace = {},
    now = new Date(),
  ): Promise<AuthContext | undefined> {
    const { resource, home } = place;
    const organization = place.organization ?? null;
    // A slug has no @: what is known of homes of a label is known of the last one's organization.
    const key = `${cacheKey(subject)} ${home ? `@${home.label}` : (organization ?? '')}`;
    const known = this.known.get(key);
    const asked: Asked = { subject, organization, home, resource, known, now, key };
    if (known && areEnough(known, place)) {
      const row = await this.readModel.findAlive(asked);
      if (!row) return undefined;
      if (isUnchanged(row, known)) {
        const auth = this.contextOf(asked, row);
        // Scopes of the credential may leave out what the roles allow; then the grants count.
        if (!auth || !resource || auth.can(place.permission ?? '')) return auth;
      }
    }
    const row = await this.readModel.find(asked);
    return row && this.contextOf(asked, row);
  }

  /** The context of a caller whose credential and principal are alive. */
  private contextOf({ subject, resource, known, now, key }: Asked, row: PrincipalRow): AuthContext | undefined {
    if (!row.is_active || !isCredentialAlive(row, this.config.auth.sessionIdleTtl, now)) return undefined;
    const secret = subject.kind === 'api_key' ? secretOf(row, subject, now) : undefined;
    if (subject.kind === 'api_key' && !secret) return undefined;
    if (subject.kind !== 'session')
      this.use.note(subject, { lastUsedAt: row.last_used_at, renewal: secret?.renewal }, now);
    const held = this.remember(key, row, known);
    return new AuthContext({
      subject,
      principal: { kind: row.kind, id: row.id, name: row.name, email: row.email ?? undefined, isAdmin: row.is_admin },
      credential: credentialOf(subject, row, this.scopesOf(row)),
      organizationId: row.organization_id ?? undefined,
      held: row.is_admin ? NONE : held.permissions,
      lacksSecondFactor: lacksSecondFactor(row, held),
      granted: resource && { label: resource.label, actions: actionsOf(row) },
    });
  }

  private scopesOf({ scopes }: PrincipalRow): ReadonlySet<string> {
    if (scopes === null) return NONE;
    const known = this.scopes.get(scopes);
    if (known) return known;
    const read = new Set(textsOf(scopes));
    this.scopes.set(scopes, read);
    return read;
  }

  private remember(key: string, row: PrincipalRow, known: KnownPermissions | undefined): Held {
    const computed = heldBy(row);
    const { version, organization_id: organizationId, is_admin: isAdmin } = row;
    if (known && !computed && isUnchanged(row, known) && known.isAdmin === isAdmin) return known;
    const held = computed ?? known ?? NOTHING;
    const { permissions, requiresSecondFactor } = held;
    this.known.set(key, { version, organizationId, isAdmin, permissions, requiresSecondFactor });
    return held;
  }
}

/** Whether what is known of a caller's roles decides here, so that grants on the resource need not be looked at. */
function areEnough(
  { isAdmin, permissions }: KnownPermissions,
  { home, resource, permission }: PrincipalPlace,
): boolean {
  // The small statement finds no organization of a resource.
  if (home !== undefined) return false;
  if (resource === undefined) return true;
  return permission !== undefined && (isAdmin || permissions.has(permission));
}

function isUnchanged({ version, organization_id }: PrincipalRow, known: KnownPermissions): boolean {
  return version === known.version && organization_id === known.organizationId;
}

/** What the statement computed; undefined where what is known still holds. */
function heldBy({ permissions, roles_require_mfa }: PrincipalRow): Held | undefined {
  if (permissions === null) return undefined;
  return { permissions: new Set(permissions), requiresSecondFactor: roles_require_mfa ?? false };
}

// Service accounts have no telephone: what protects them is in the scopes and the life of their credentials.
function lacksSecondFactor({ kind, mfa_at, organization_requires_mfa }: PrincipalRow, held: Held): boolean {
  return kind === 'user' && mfa_at === null && (organization_requires_mfa || held.requiresSecondFactor);
}

/** Whether a session may still be used: not ended, not over its absolute time, not idle for too long. */
export function isAlive(
  session: { readonly expires_at: string; readonly last_seen_at: string; readonly ended_at: string | null },
  idleSeconds: number,
  now: Date,
): boolean {
  return isCredentialAlive(session, idleSeconds, now);
}

function isCredentialAlive(
  { ended_at, expires_at, last_seen_at }: Pick<PrincipalRow, 'expires_at' | 'last_seen_at' | 'ended_at'>,
  idleSeconds: number,
  now: Date,
): boolean {
  if (ended_at !== null || (expires_at !== null && Date.parse(expires_at) <= now.getTime())) return false;
  return last_seen_at === null || Date.parse(last_seen_at) + idleSeconds * 1000 > now.getTime();
}

function secretOf({ secret_mac, previous_mac, previous_until }: PrincipalRow, { macs }: ApiKeySubject, now: Date) {
  return findSecret({ secretMac: secret_mac, previousMac: previous_mac, previousUntil: previous_until }, macs, now);
}

/** @param allowed the stored scopes of a key or client */
function credentialOf(subject: CredentialSubject, row: PrincipalRow, allowed: ReadonlySet<string>): AuthCredential {
  switch (subject.kind) {
    case 'session':
      return { kind: 'session', id: subject.sessionId };
    case 'api_key':
      return {
        kind: 'api_key',
        id: subject.keyId,
        scopes: allowed,
        expiresAt: row.expires_at ?? undefined,
        requestsPerMinute: row.requests_per_minute === null ? undefined : Number(row.requests_per_minute),
      };
    case 'client':
      return {
        kind: 'client',
        id: subject.clientId,
        // What the client may do by now, where that is less than when the token was made.
        scopes: new Set(subject.scopes.filter((scope) => allowed.has(scope))),
        expiresAt: row.expires_at ?? undefined,
      };
  }
}

function actionsOf({ granted_actions }: PrincipalRow): ReadonlySet<string> {
  return granted_actions && granted_actions.length > 0 ? new Set(granted_actions.flatMap(textsOf)) : NONE;
}

function textsOf(json: string | null): string[] {
  const list: unknown = JSON.parse(json ?? '[]');
  return Array.isArray(list) ? list.filter((item): item is string => typeof item === 'string') : [];
}

/** Whose permission sets are kept; different credentials of one user share them. */
function cacheKey(subject: CredentialSubject): string {
  switch (subject.kind) {
    case 'session':
      return subject.userId;
    case 'api_key':
      return `key:${subject.keyId}`;
    case 'client':
      return subject.serviceAccountId;
  }
}
