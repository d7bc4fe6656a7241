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
    await this.limit(http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>(), name);
    return true;
  }

  /** Counts a call of the request's caller and says so in its answer. @throws DomainError `rate_limited` */
  async limit(request: FastifyRequest, reply: FastifyReply, name?: RateLimitPolicyName): Promise<void> {
    const caller = rateLimitCallerOf(request);
    const policy = this.policyFor(name, caller);
    const state = await this.limiter.consume(caller.key, policy);
    reply
      .header('ratelimit-policy', `"${policy.name}";q=${state.limit};w=${policy.windowSeconds}`)
      .header('ratelimit', `"${policy.name}";r=${state.remaining};t=${state.resetSeconds}`);
    if (!state.allowed) throw rateLimited(state);
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
