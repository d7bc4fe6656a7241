import type { ThrottlerStorage } from '@nestjs/throttler';
import { createLogger, DomainError, errorMessage } from '#libs/common';
import type { RateLimitPolicy } from './policies.js';

export interface RateLimitState {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

export type RefusalListener = (refusal: { readonly key: string; readonly policy: string }) => void;

const logger = createLogger('rate-limit');

/** Counts calls against policies; the guard uses it for every route, services for limits of their own. */
export class RateLimiter {
  private readonly listeners: RefusalListener[] = [];

  constructor(private readonly storage: ThrottlerStorage) {}

  /**
   * Counts one call of `key`.
   * @throws DomainError `unavailable` when the store is away and the policy refuses then
   */
  async consume(key: string, policy: RateLimitPolicy): Promise<RateLimitState> {
    const { limit, name } = policy;
    const milliseconds = policy.windowSeconds * 1000;
    try {
      const record = await this.storage.increment(`${name}:${key}`, milliseconds, limit, milliseconds, name);
      if (record.isBlocked) for (const listener of this.listeners) listener({ key, policy: name });
      return {
        allowed: !record.isBlocked,
        limit,
        remaining: Math.max(0, limit - record.totalHits),
        resetSeconds: record.timeToExpire,
      };
    } catch (error) {
      logger.warn({ policy: name, reason: errorMessage(error) }, 'calls cannot be counted');
      if (policy.whenStoreIsDown === 'refuse') {
        throw new DomainError('unavailable', 'unavailable', 'Calls cannot be counted at the moment.', { cause: error });
      }
      return { allowed: true, limit, remaining: limit, resetSeconds: policy.windowSeconds };
    }
  }

  /** Like {@link consume}. @throws DomainError `rate_limited` when the call is one too many */
  async enforce(key: string, policy: RateLimitPolicy): Promise<RateLimitState> {
    const state = await this.consume(key, policy);
    if (!state.allowed) throw rateLimited(state);
    return state;
  }

  /** Called for every refused call, to count them; must not throw. */
  onRefusal(listener: RefusalListener): void {
    this.listeners.push(listener);
  }
}

export function rateLimited(state: RateLimitState): DomainError {
  const message = `Too many requests; the limit is ${state.limit}. Try again in ${state.resetSeconds} s.`;
  return new DomainError('rate_limited', 'rate_limited', message, { retryAfterSeconds: state.resetSeconds });
}
