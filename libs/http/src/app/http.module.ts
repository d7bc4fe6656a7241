import { type DynamicModule, Module } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import type { Config } from '#libs/config';
import { Database } from '#libs/database';
import { IdempotencyGuard } from '../idempotency/idempotency.js';
import { IdempotencyStore } from '../idempotency/idempotency-store.js';
import { Pages } from '../list/pages.js';
import { ProblemPagesController } from '../problem/problem-pages.controller.js';
import { MemoryThrottlerStorage } from '../rate-limit/memory-throttler-storage.js';
import { rateLimitPolicies } from '../rate-limit/policies.js';
import { RateLimitGuard } from '../rate-limit/rate-limit.guard.js';
import { RateLimiter } from '../rate-limit/rate-limiter.js';
import { RedisThrottlerStorage } from '../rate-limit/redis-throttler-storage.js';
import { RefusedCalls } from '../rate-limit/refused-calls.js';
import { HealthRegistry } from '../status/health.js';
import { Metrics } from '../status/metrics.js';
import { MetricsAccess } from '../status/metrics-access.js';
import { StatusController } from '../status/status.controller.js';
import { deriveHttpKeys, HTTP_KEYS, type HttpKeys } from './http-keys.js';
import { HTTP_OPTIONS } from './http-options.js';

const THROTTLER_STORAGE = Symbol('imbi.http.throttler-storage');
/** Injection token of the rate limit policies, for services with limits of their own. */
export const RATE_LIMIT_POLICIES = Symbol('imbi.http.rate-limit-policies');

@Module({})
class HttpModule {}

/** The parts of the HTTP base that Nest injects, for every module; `createHttpApp` imports it. */
export function httpModule(config: Config, secret: Buffer): DynamicModule {
  return {
    module: HttpModule,
    global: true,
    controllers: [StatusController, ProblemPagesController],
    providers: [
      { provide: HTTP_OPTIONS, useValue: { config } },
      { provide: HTTP_KEYS, useFactory: () => deriveHttpKeys(secret) },
      { provide: RATE_LIMIT_POLICIES, useFactory: () => rateLimitPolicies(config.limits) },
      { provide: THROTTLER_STORAGE, useFactory: () => throttlerStorage(config) },
      {
        provide: RateLimiter,
        inject: [THROTTLER_STORAGE],
        useFactory: (storage: ThrottlerStorage) => new RateLimiter(storage),
      },
      {
        provide: RateLimitGuard,
        inject: [RateLimiter],
        useFactory: (limiter: RateLimiter) => new RateLimitGuard(limiter, rateLimitPolicies(config.limits)),
      },
      {
        provide: RefusedCalls,
        inject: [RateLimiter, RateLimitGuard],
        useFactory: (limiter: RateLimiter, guard: RateLimitGuard) =>
          new RefusedCalls(limiter, guard, rateLimitPolicies(config.limits).failed_credentials),
      },
      {
        provide: IdempotencyStore,
        inject: [{ token: Database, optional: true }],
        useFactory: (database: Database | undefined) =>
          database ? new IdempotencyStore(database, config.limits.idempotencyTtl) : undefined,
      },
      {
        provide: IdempotencyGuard,
        inject: [{ token: IdempotencyStore, optional: true }, HTTP_KEYS],
        useFactory: (store: IdempotencyStore | undefined, keys: HttpKeys) =>
          new IdempotencyGuard(store, keys.idempotency),
      },
      Pages,
      Metrics,
      MetricsAccess,
      { provide: HealthRegistry, inject: [THROTTLER_STORAGE], useFactory: healthRegistry },
    ],
    exports: [HTTP_KEYS, RATE_LIMIT_POLICIES, RateLimiter, IdempotencyStore, Pages, Metrics, HealthRegistry],
  };
}

// Without the store calls still pass, or are refused where guessing must stay slow: the server is of use without it.
function healthRegistry(storage: ThrottlerStorage): HealthRegistry {
  const health = new HealthRegistry();
  if (storage instanceof RedisThrottlerStorage) {
    health.register({ name: 'rate_limits', required: false, check: () => storage.ping() });
  }
  return health;
}

function throttlerStorage(config: Config): ThrottlerStorage {
  const { redisUrl, prefix } = config.queue;
  return redisUrl === undefined ? new MemoryThrottlerStorage() : new RedisThrottlerStorage(redisUrl, prefix);
}
