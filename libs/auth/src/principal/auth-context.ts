import { type Actor, type RequestContext, requestContext } from '#libs/common';

export interface AuthenticatedUser {
  readonly id: string;
  readonly email: string;
  readonly displayName: string;
  readonly isAdmin: boolean;
}

/** Who is calling, and what they may do where they are calling: made once a request, by one query. */
export class AuthContext {
  constructor(
    readonly user: AuthenticatedUser,
    readonly sessionId: string,
    /** The organization of the URL; undefined where it names none, or one that does not exist. */
    readonly organizationId: string | undefined,
    /** The effective set here; empty for an administrator, who holds every permission without it. */
    readonly permissions: ReadonlySet<string>,
  ) {}

  can(permission: string): boolean {
    return this.user.isAdmin || this.permissions.has(permission);
  }

  /** Whether there is anything at all that the caller may do here. */
  get hasAccess(): boolean {
    return this.user.isAdmin || this.permissions.size > 0;
  }
}

const contexts = new WeakMap<RequestContext, AuthContext>();

export function setAuthContext(request: RequestContext, auth: AuthContext): void {
  contexts.set(request, auth);
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
