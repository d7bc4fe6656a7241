import { type Actor, DomainError, type RequestContext, requestContext } from '#libs/common';
import { grantKindOf, grantOpens } from '../grant/grant-kinds.js';
import { mfaEnrollmentRequired } from '../mfa/mfa-problems.js';
import type { CredentialSubject } from './credential-subject.js';

export interface AuthenticatedUser {
  readonly id: string;
  readonly email: string;
  readonly displayName: string;
  readonly isAdmin: boolean;
}

/** Who a request is made for. */
export interface AuthenticatedPrincipal {
  readonly kind: 'user' | 'service_account';
  readonly id: string;
  /** The name people see. */
  readonly name: string;
  /** Of users only. */
  readonly email?: string;
  readonly isAdmin: boolean;
}

/** What the request was let in by. */
export interface AuthCredential {
  readonly kind: CredentialSubject['kind'];
  /** Id of the session, public part of the key, or client id. */
  readonly id: string;
  /** The most that it may be used for; undefined for sessions, which may do all that their user may. */
  readonly scopes?: ReadonlySet<string>;
  /** RFC 3339; of keys and clients that expire. */
  readonly expiresAt?: string;
  /** Of keys whose limit an administrator set. */
  readonly requestsPerMinute?: number;
}

/** What was granted on one resource, of vertices with this label. */
export interface ResourceGrant {
  readonly label: string;
  readonly actions: ReadonlySet<string>;
}

interface AuthFacts {
  readonly principal: AuthenticatedPrincipal;
  readonly credential: AuthCredential;
  readonly subject: CredentialSubject;
  /** The organization of the URL; undefined where it names none, or one that does not exist. */
  readonly organizationId: string | undefined;
  /** What the principal's roles give here; of no account for administrators. */
  readonly held: ReadonlySet<string>;
  /** What the principal was granted on the resource of the URL itself. */
  readonly granted?: ResourceGrant;
  /** Whether this place or a role that counts here asks for a second factor which the credential does not stand for. */
  readonly lacksSecondFactor?: boolean;
}

/** Who is calling, and what they may do where they are calling: made once a request, by one query. */
export class AuthContext {
  readonly principal: AuthenticatedPrincipal;
  readonly credential: AuthCredential;
  /** By which the same caller can be looked up again, in another place. */
  readonly subject: CredentialSubject;
  readonly organizationId: string | undefined;
  /** The effective set here, within the credential's scopes; empty for {@link isAdmin}, who needs none. */
  readonly permissions: ReadonlySet<string>;
  /** Nothing may be done then but what leads to a second factor: see {@link assertSecondFactor}. */
  readonly lacksSecondFactor: boolean;
  private readonly granted: ResourceGrant | undefined;

  constructor(facts: AuthFacts) {
    const { principal, credential, subject, organizationId, held, granted } = facts;
    this.principal = principal;
    this.credential = credential;
    this.subject = subject;
    this.organizationId = organizationId;
    this.permissions = withinScopes(principal.isAdmin, held, credential.scopes);
    this.granted = granted;
    this.lacksSecondFactor = facts.lacksSecondFactor ?? false;
  }

  /** Holds every permission, everywhere: an administrator, by a credential that is not limited to scopes. */
  get isAdmin(): boolean {
    return this.principal.isAdmin && this.credential.scopes === undefined;
  }

  can(permission: string): boolean {
    return this.isAdmin || this.permissions.has(permission);
  }

  /** As {@link can}, or by what was granted on the resource of the URL itself. */
  canOnResource(permission: string): boolean {
    if (this.can(permission)) return true;
    const { scopes } = this.credential;
    const kind = this.granted && grantKindOf(this.granted.label);
    if (!this.granted || !kind || (scopes !== undefined && !scopes.has(permission))) return false;
    return grantOpens(kind, this.granted.actions, permission);
  }

  /** Whether there is anything at all that the caller may do here. */
  get hasAccess(): boolean {
    return this.isAdmin || this.permissions.size > 0 || (this.granted?.actions.size ?? 0) > 0;
  }

  /** @throws DomainError `mfa_enrollment_required` */
  assertSecondFactor(): void {
    if (this.lacksSecondFactor) throw mfaEnrollmentRequired();
  }

  /**
   * The user who is there in person.
   * @throws DomainError `interactive_session_required` for service accounts, and for users' keys
   */
  get user(): AuthenticatedUser {
    const { kind, id, email, name, isAdmin } = this.principal;
    if (kind !== 'user' || email === undefined || this.credential.kind !== 'session') throw sessionRequired();
    return { id, email, displayName: name, isAdmin };
  }

  /** @throws DomainError `interactive_session_required` unless a user signed in and is there in person */
  assertInPerson(): AuthenticatedUser {
    return this.user;
  }

  /** @throws DomainError `interactive_session_required` where the call did not come with a session */
  get sessionId(): string {
    if (this.credential.kind !== 'session') throw sessionRequired();
    return this.credential.id;
  }
}

const contexts = new WeakMap<RequestContext, AuthContext>();

export function setAuthContext(request: RequestContext, auth: AuthContext): void {
  contexts.set(request, auth);
}

/** The caller of a request that may be over; undefined where none was let in. */
export function authOf(request: RequestContext): AuthContext | undefined {
  return contexts.get(request);
}

/** The caller of the request being served; undefined on public routes and outside requests. */
export function currentAuth(): AuthContext | undefined {
  const request = requestContext.current();
  return request && contexts.get(request);
}

/** From here on the request's changes and audit events are this actor's; outside requests it does nothing. */
export function actAs(actor: Actor): void {
  const request = requestContext.current();
  if (request) request.actor = actor;
}

/** The actor that a caller's changes and audit events are written down as. */
export function actorOf({ principal: { kind, id, name } }: AuthContext): Actor {
  return { kind, id, name };
}

function withinScopes(
  isAdmin: boolean,
  held: ReadonlySet<string>,
  scopes: ReadonlySet<string> | undefined,
): ReadonlySet<string> {
  if (scopes === undefined) return held;
  if (isAdmin) return scopes;
  const known = intersections.get(held)?.get(scopes);
  if (known) return known;
  const both = new Set([...scopes].filter((scope) => held.has(scope)));
  const ofHeld = intersections.get(held) ?? new WeakMap<ReadonlySet<string>, ReadonlySet<string>>();
  intersections.set(held, ofHeld.set(scopes, both));
  return both;
}

// Both sets are the same objects from one request of a key to the next, as long as nothing changes.
const intersections = new WeakMap<ReadonlySet<string>, WeakMap<ReadonlySet<string>, ReadonlySet<string>>>();

function sessionRequired(): DomainError {
  return new DomainError(
    'interactive_session_required',
    'forbidden',
    'This is for users who signed in themselves; a key or a client cannot do it.',
  );
}
