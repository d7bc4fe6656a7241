import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { DomainError, isId, isSlug, notFound } from '#libs/common';
import { Database } from '#libs/database';
import { type AccessRule, accessRuleOf } from '#libs/http';
import { recordAudit } from '../audit/audit.js';
import type { AuthContext } from '../principal/auth-context.js';
import type { ResourceReference, VertexReference } from '../principal/principals.read-model.js';
import { Authenticator } from './authenticator.js';
import { WithoutSecondFactor } from './without-second-factor.decorator.js';

/**
 * Stands before every route. The organization of the URL (parameter `org`) is resolved first: one that does not exist,
 * or in which the caller may do nothing at all, is not found; then whether a second factor is asked for there, and then
 * the permission.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly database: Database,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rule = accessRuleOf(context.getHandler(), context.getClass());
    if (rule.kind === 'public') return true;
    return this.decide(rule, context);
  }

  private async decide(rule: AccessRule, context: ExecutionContext): Promise<true> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const organization = organizationOf(rule, request);
    const home = homeOf(rule, request);
    const auth = await this.authenticator.identify(request, {
      organization,
      home,
      resource: resourceOf(rule, request),
      permission: rule.kind === 'permission' ? rule.permission : undefined,
    });
    if (organization !== undefined && (auth.organizationId === undefined || !auth.hasAccess)) {
      await this.recordDenial(request, rule, auth);
      throw notFound(`The organization "${organization}"`);
    }
    if (home !== undefined && auth.organizationId !== undefined && !auth.hasAccess) {
      await this.recordDenial(request, rule, auth);
      throw notFound(`The ${home.label.toLowerCase()} "${home.id}"`);
    }
    if (auth.lacksSecondFactor && !this.isOpenWithout(context)) auth.assertSecondFactor();
    if (isAtHome(rule) && auth.organizationId === undefined) return true;
    if (rule.kind === 'permission' && !auth.canOnResource(rule.permission)) {
      throw new DomainError('forbidden', 'forbidden', `This needs the permission ${rule.permission}.`, {
        details: { permission: rule.permission },
      });
    }
    return true;
  }

  private isOpenWithout(context: ExecutionContext): boolean {
    return this.reflector.getAllAndOverride(WithoutSecondFactor, [context.getHandler(), context.getClass()]) ?? false;
  }

  // What is answered as forbidden is recorded by `Refusals`; this is answered as not found.
  private async recordDenial(request: FastifyRequest, rule: AccessRule, auth: AuthContext): Promise<void> {
    // An organization that does not exist is a slip of the pen; one that does is somebody else's.
    if (auth.organizationId === undefined) return;
    await this.database.transaction(async (tx) =>
      recordAudit(tx, {
        action: 'auth.access',
        outcome: 'denied',
        reason: 'no_access_to_organization',
        organizationId: auth.organizationId,
        detail: {
          method: request.method,
          route: request.routeOptions.url ?? '',
          permission: rule.kind === 'permission' ? rule.permission : '',
        },
      }),
    );
  }
}

/** Slug of the organization that the request is about. */
function organizationOf(rule: AccessRule, request: FastifyRequest): string | undefined {
  if (rule.kind !== 'permission' || rule.place !== 'organization-query') return parameterOf(request, 'org');
  const { query } = request;
  const value: unknown = typeof query === 'object' && query !== null ? Reflect.get(query, 'organization') : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** The resource whose organization the permission must hold in. */
function homeOf(rule: AccessRule, request: FastifyRequest): VertexReference | undefined {
  if (rule.kind !== 'permission' || typeof rule.place !== 'object') return undefined;
  const id = parameterOf(request, rule.place.param);
  return id !== undefined && isId(id) ? { label: rule.place.label, id } : undefined;
}

function isAtHome(rule: AccessRule): boolean {
  return rule.kind === 'permission' && typeof rule.place === 'object';
}

function parameterOf({ params }: FastifyRequest, name: string): string | undefined {
  const value: unknown = typeof params === 'object' && params !== null ? Reflect.get(params, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}

function resourceOf(rule: AccessRule, request: FastifyRequest): ResourceReference | undefined {
  if (rule.kind !== 'permission' || rule.resource === undefined) return undefined;
  const { label, param, by = 'id' } = rule.resource;
  const key = parameterOf(request, param);
  if (key === undefined || !(by === 'id' ? isId(key) : isSlug(key))) return undefined;
  return { label, by, key };
}
