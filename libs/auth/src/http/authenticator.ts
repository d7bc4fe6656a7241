import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { isSlug } from '#libs/common';
import type { RequestAuthenticator } from '#libs/http';
import { unauthenticated } from '../auth-problems.js';
import { type AuthContext, setAuthContext } from '../principal/auth-context.js';
import { Principals } from '../principal/principals.js';
import type { AccessTokenSubject } from '../token/access-tokens.js';
import { BearerStrategy } from './bearer.strategy.js';
import { runStrategy } from './passport-adapter.js';

/** Finds out who a request comes from: by its token, then by one query that says whether that still holds. */
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
   * The caller, evaluated in `organization` where the URL names one. It is the actor of the request from here on.
   * @throws DomainError `unauthenticated` when the token is missing or bad, or its session or user is not alive
   */
  async identify(request: FastifyRequest, organization?: string): Promise<AuthContext> {
    const subject = await this.subjectOf(request);
    const auth = await this.principals.resolve({
      ...subject,
      organization: organization !== undefined && isSlug(organization) ? organization : undefined,
    });
    if (!auth) throw unauthenticated('The session has ended. Sign in again.');
    const context = request.imbiContext;
    if (context) {
      context.actor = { kind: 'user', id: auth.user.id, name: auth.user.displayName };
      context.credentialId = auth.sessionId;
      context.organizationId = auth.organizationId;
      setAuthContext(context, auth);
    }
    return auth;
  }

  private async subjectOf(request: FastifyRequest): Promise<AccessTokenSubject> {
    const outcome = await runStrategy(this.strategy, request);
    if (outcome.kind === 'success' && isSubject(outcome.user)) return outcome.user;
    throw unauthenticated(
      request.headers.authorization === undefined ? 'Sign in first.' : 'The access token is not valid, or has expired.',
    );
  }
}

function isSubject(user: unknown): user is AccessTokenSubject {
  return typeof user === 'object' && user !== null && 'userId' in user && 'sessionId' in user;
}
