import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { isSlug } from '#libs/common';
import { type RequestAuthenticator, setRateLimitCaller } from '#libs/http';
import { unauthenticated } from '../auth-problems.js';
import { type AuthContext, actorOf, setAuthContext } from '../principal/auth-context.js';
import type { CredentialSubject } from '../principal/credential-subject.js';
import { type PrincipalPlace, Principals } from '../principal/principals.js';
import { BearerStrategy } from './bearer.strategy.js';
import { runStrategy } from './passport-adapter.js';

const REFUSED: Record<CredentialSubject['kind'], string> = {
  session: 'The session has ended. Sign in again.',
  api_key: 'The API key is not valid, has expired or was revoked.',
  client: 'The client or its token was revoked. Ask for a new token.',
};

/** Finds out who a request comes from: by its token or key, then by one query that says whether that still holds. */
@Injectable()
export class Authenticator implements RequestAuthenticator {
  constructor(
    private readonly strategy: BearerStrategy,
    private readonly principals: Principals,
  ) {}

  async authenticate(request: FastifyRequest): Promise<void> {
    await this.identify(request);
  }

  /**
   * The caller, evaluated where the URL leads. It is the actor of the request from here on.
   * @throws DomainError `unauthenticated` when the credential is missing, bad or over, or its principal is not active
   */
  async identify(request: FastifyRequest, place: PrincipalPlace = {}): Promise<AuthContext> {
    const subject = await this.subjectOf(request);
    const { organization } = place;
    const isNamed = organization !== undefined && isSlug(organization);
    const auth = await this.principals.resolve(subject, { ...place, organization: isNamed ? organization : undefined });
    if (!auth) throw unauthenticated(REFUSED[subject.kind]);
    limitByKey(request, auth);
    const context = request.imbiContext;
    if (context) {
      context.actor = actorOf(auth);
      context.credentialId = auth.credential.id;
      context.organizationId = auth.organizationId;
      setAuthContext(context, auth);
    }
    return auth;
  }

  private async subjectOf(request: FastifyRequest): Promise<CredentialSubject> {
    const outcome = await runStrategy(this.strategy, request);
    if (outcome.kind === 'success' && isSubject(outcome.user)) return outcome.user;
    throw unauthenticated(
      request.headers.authorization === undefined ? 'Sign in first.' : 'The access token is not valid, or has expired.',
    );
  }
}

/** Each key has a limit of its own, whoever else calls for the same owner. */
function limitByKey(request: FastifyRequest, { credential: { kind, id, requestsPerMinute } }: AuthContext): void {
  if (kind !== 'api_key') return;
  setRateLimitCaller(request, { key: `api_key:${id}`, policy: 'api_key', limit: requestsPerMinute });
}

function isSubject(user: unknown): user is CredentialSubject {
  return typeof user === 'object' && user !== null && 'kind' in user;
}
