import type { Config } from '#libs/config';

/** How many calls one caller may make in a window. */
export interface RateLimitPolicy {
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
  /** What to do while the store cannot be reached: refuse (where guessing must stay slow) or let pass. */
  readonly whenStoreIsDown: 'refuse' | 'allow';
}

export type RateLimitPolicies = ReturnType<typeof rateLimitPolicies>;
export type RateLimitPolicyName = keyof RateLimitPolicies;

/** Every policy, from the settings. */
export function rateLimitPolicies(limits: Config['limits']) {
  return {
    default: policy('default', limits.requestsPerMinute, 60, 'allow'),
    api_key: policy('api_key', limits.apiKeyRequestsPerMinute, 60, 'allow'),
    failed_credentials: policy('failed_credentials', limits.failedCredentialsPerMinute, 60, 'allow'),
    login: policy('login', limits.loginsPerMinute, 60, 'refuse'),
    refresh: policy('refresh', limits.refreshesPerMinute, 60, 'refuse'),
    provider_start: policy('provider_start', limits.providerStartsPerMinute, 60, 'refuse'),
    key_creation: policy('key_creation', limits.keyCreationsPerHour, 3600, 'refuse'),
    mail: policy('mail', limits.mailsPerHour, 3600, 'refuse'),
  };
}

function policy(
  name: string,
  limit: number,
  windowSeconds: number,
  whenStoreIsDown: RateLimitPolicy['whenStoreIsDown'],
): RateLimitPolicy {
  return { name, limit, windowSeconds, whenStoreIsDown };
}
