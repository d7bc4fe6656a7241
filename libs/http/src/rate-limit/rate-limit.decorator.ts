import type { FastifyRequest } from 'fastify';
import type { RateLimitPolicyName } from './policies.js';

export const RATE_LIMIT_METADATA = 'imbi:rate-limit';

/** Limits a route (or all of a controller) by this policy instead of the default one; `none` does not limit it. */
export function RateLimit(policy: RateLimitPolicyName | 'none'): MethodDecorator & ClassDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    Reflect.defineMetadata(RATE_LIMIT_METADATA, policy, descriptor ? descriptor.value : target);
  };
}

/** Whose calls are counted together; set by the auth guard, else the actor of the request or its address. */
export interface RateLimitCaller {
  /** Such as `api_key:<id>`. */
  readonly key: string;
  readonly policy?: RateLimitPolicyName;
  /** Replaces the policy's limit, for keys that an administrator raised. */
  readonly limit?: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    imbiCaller: RateLimitCaller | undefined;
  }
}

export function setRateLimitCaller(request: FastifyRequest, caller: RateLimitCaller): void {
  request.imbiCaller = caller;
}

export function rateLimitCallerOf(request: FastifyRequest): RateLimitCaller {
  if (request.imbiCaller) return request.imbiCaller;
  const actor = request.imbiContext?.actor;
  if (actor && actor.kind !== 'anonymous') return { key: `${actor.kind}:${actor.id}` };
  return { key: `ip:${addressOf(request.ip)}` };
}

/** An IPv6 caller owns a whole /64, so single addresses of it would be limits for the asking. */
export function addressOf(ip: string): string {
  if (!ip.includes(':') || ip.startsWith('::ffff:')) return ip.replace('::ffff:', '');
  const [head = '', tail = ''] = ip.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const missing = ip.includes('::') ? 8 - left.length - right.length : 0;
  return `${[...left, ...Array<string>(Math.max(0, missing)).fill('0'), ...right].slice(0, 4).join(':')}::/64`;
}
