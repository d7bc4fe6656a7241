import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RateLimitPolicies, RateLimitPolicy, RateLimitPolicyName } from './policies.js';
import { RATE_LIMIT_METADATA, type RateLimitCaller, rateLimitCallerOf } from './rate-limit.decorator.js';
import { RateLimiter, rateLimited } from './rate-limiter.js';

/**
 * Limits every route, over the storage port of @nestjs/throttler. Throttler's own guard is not used: it writes three
 * `X-RateLimit-*` fields where we promise the IETF draft's two, and evaluates every named limit on every route.
 * It runs after authentication, so that a caller is a key or a user before it is an address.
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  private readonly policyNames = new WeakMap<object, RateLimitPolicyName | 'none' | undefined>();

  constructor(
    private readonly limiter: RateLimiter,
    private readonly policies: RateLimitPolicies,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const name = this.policyNameOf(context);
    if (name === 'none') return true;
    const http = context.switchToHttp();
    const caller = rateLimitCallerOf(http.getRequest<FastifyRequest>());
    const policy = this.policyFor(name, caller);
    const state = await this.limiter.consume(caller.key, policy);
    http
      .getResponse<FastifyReply>()
      .header('ratelimit-policy', `"${policy.name}";q=${state.limit};w=${policy.windowSeconds}`)
      .header('ratelimit', `"${policy.name}";r=${state.remaining};t=${state.resetSeconds}`);
    if (!state.allowed) throw rateLimited(state);
    return true;
  }

  private policyFor(name: RateLimitPolicyName | undefined, caller: RateLimitCaller): RateLimitPolicy {
    if (name !== undefined) return this.policies[name];
    const policy = this.policies[caller.policy ?? 'default'];
    return caller.limit === undefined ? policy : { ...policy, limit: caller.limit };
  }

  private policyNameOf(context: ExecutionContext): RateLimitPolicyName | 'none' | undefined {
    const handler = context.getHandler();
    if (this.policyNames.has(handler)) return this.policyNames.get(handler);
    const name: RateLimitPolicyName | 'none' | undefined =
      Reflect.getMetadata(RATE_LIMIT_METADATA, handler) ?? Reflect.getMetadata(RATE_LIMIT_METADATA, context.getClass());
    this.policyNames.set(handler, name);
    return name;
  }
}
