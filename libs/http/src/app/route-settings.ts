import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants';
import type { ListDefinition } from '../list/pages.js';

/**
 * What a route's decorators ask of the HTTP base. It travels in the Fastify route's `config`, where an `onRoute` hook
 * turns each setting into a hook of that route alone: what a route does not ask for costs it nothing.
 */
export interface RouteSettings {
  /** The answer carries `version`: set `ETag`, answer 304. `embedding`: it shows more than that version tells apart. */
  readonly versioned?: 'plain' | 'embedding';
  /** The answer is a page: set `Link`. */
  readonly paged?: ListDefinition;
  /** The route takes the filters of this list, but answers otherwise than by a page. */
  readonly filtered?: ListDefinition;
  /** Template of the `Location` header of a 201. */
  readonly location?: string;
  /** Template of the `Location` header of an answer that says how far the work is: then its status is 202. */
  readonly accepted?: string;
  readonly consumes?: readonly string[];
  readonly produces?: readonly string[];
  readonly bodyLimitBytes?: number;
  /** `ignore`: the key is not looked at; `secret`: the key is honoured but the answer's body is not kept. */
  readonly idempotency?: 'ignore' | 'secret';
  /** Errors carry OAuth's members and media type besides their own. */
  readonly oauthErrors?: boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    imbi?: RouteSettings;
  }
}

/** Adds to the settings of a route; several decorators on one method combine. */
export function routeSettings(settings: RouteSettings): MethodDecorator {
  return (_target, _key, descriptor: PropertyDescriptor) => {
    const config = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, descriptor.value) ?? {};
    Reflect.defineMetadata(
      FASTIFY_ROUTE_CONFIG_METADATA,
      { ...config, imbi: { ...config.imbi, ...settings } },
      descriptor.value,
    );
  };
}

export function settingsOf(handler: object): RouteSettings {
  return Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler)?.imbi ?? {};
}

/** Media types of the request body, where they are not the usual ones (JSON; the two patch types for PATCH). */
export function Consumes(...types: [string, ...string[]]): MethodDecorator {
  return routeSettings({ consumes: types });
}

/** Media types of the answer, where they are not JSON; a caller who accepts none of them gets 406. */
export function Produces(...types: [string, ...string[]]): MethodDecorator {
  return routeSettings({ produces: types });
}

/**
 * An endpoint of OAuth: its errors are JSON with `error` and `error_description` (RFC 6749, section 5.2) besides the
 * members of a problem document.
 */
export function OAuthErrors(): MethodDecorator {
  return routeSettings({ oauthErrors: true });
}

/** The largest body of this route, where it is not the usual one. */
export function BodyLimit(bytes: number): MethodDecorator {
  return routeSettings({ bodyLimitBytes: bytes });
}
