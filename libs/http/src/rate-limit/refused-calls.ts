import type { FastifyReply, FastifyRequest } from 'fastify';
import { isDomainError } from '#libs/common';
import type { RateLimitPolicy } from './policies.js';
import { addressOf } from './rate-limit.decorator.js';
import type { RateLimitGuard } from './rate-limit.guard.js';
import { type RateLimiter } from './rate-limiter.js';

/**
 * Counts calls that authentication or authorization refused, before the guard came to count them: those that name nobody
 * we know by their address, the others by their caller. Beyond the limit they are answered 429. A good credential from
 * an address of bad ones passes: a script with an expired token must not lock out the office it runs in.
 */
export class RefusedCalls {
  constructor(
    private readonly limiter: RateLimiter,
    private readonly guard: RateLimitGuard,
    private readonly failedCredentials: RateLimitPolicy,
  ) {}

  /** Whether a call that ended with `error` has not been counted yet. */
  isUncounted(error: unknown, request: FastifyRequest, reply: FastifyReply): boolean {
    if (reply.hasHeader('ratelimit')) return false;
    return isUnauthenticated(error) || isKnown(request);
  }

  /** Counts a call that ended with `error`; returns what to answer it with. */
  async count(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    if (!this.isUncounted(error, request, reply)) return error;
    try {
      if (isKnown(request)) await this.guard.limit(request, reply);
      else await this.limiter.enforce(`ip:${addressOf(request.ip)}`, this.failedCredentials);
      return error;
    } catch (refusal) {
      return refusal;
    }
  }
}

function isKnown(request: FastifyRequest): boolean {
  const actor = request.imbiContext?.actor;
  return actor !== undefined && actor.kind !== 'anonymous';
}

function isUnauthenticated(error: unknown): boolean {
  return isDomainError(error) && error.kind === 'unauthenticated';
}
