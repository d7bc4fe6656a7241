import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { DomainError, isJsonObject } from '#libs/common';
import { PATCH_MEDIA_TYPES } from '../patch/apply-patch.js';
import { PROBLEM_MEDIA_TYPE } from '../problem/to-problem.js';
import { entityTag, matchesNone } from '../versioning/entity-tag.js';
import { JSON_MEDIA_TYPE } from './body-parsers.js';
import { accepts, mediaTypeOf } from './media-type.js';
import type { RouteSettings } from './route-settings.js';

/** Gives each route the hooks that its settings ask for, and no others. */
export function installRouteHooks(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    if (route.method === 'OPTIONS') return;
    const settings = route.config?.imbi ?? {};
    if (settings.bodyLimitBytes !== undefined) route.bodyLimit = settings.bodyLimitBytes;
    if (route.url.startsWith('/api') || settings.produces || settings.consumes) negotiate(route, settings);
    if (settings.versioned || settings.location || settings.accepted || settings.paged) describeAnswer(route, settings);
  });
}

function negotiate(route: RouteOptions, settings: RouteSettings): void {
  const consumes = settings.consumes ?? (route.method === 'PATCH' ? PATCH_MEDIA_TYPES : [JSON_MEDIA_TYPE]);
  const produces = settings.produces ?? [JSON_MEDIA_TYPE];
  const takesBody = route.method !== 'GET' && route.method !== 'HEAD';
  const before = route.onRequest === undefined ? [] : [route.onRequest].flat();
  route.onRequest = [
    ...before,
    (request, reply, done) => {
      const { accept } = request.headers;
      if (accept !== undefined && accept !== '*/*' && !accepts(accept, produces)) return done(notAcceptable(produces));
      if (takesBody && hasBody(request) && !consumes.includes(mediaTypeOf(request.headers['content-type']) ?? '')) {
        reply.header(route.method === 'PATCH' ? 'accept-patch' : 'accept', consumes.join(', '));
        return done(unsupportedMediaType(consumes));
      }
      done();
    },
  ];
}

function hasBody(request: FastifyRequest): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

function describeAnswer(route: RouteOptions, settings: RouteSettings): void {
  if (settings.versioned) tagAnswer(route, settings.versioned);
  const before = route.preSerialization === undefined ? [] : [route.preSerialization].flat();
  route.preSerialization = [
    ...before,
    (request, reply, payload, done) => {
      if (reply.statusCode >= 300 || !isJsonObject(payload)) return done(null, payload);
      if (settings.location && reply.statusCode === 201) {
        reply.header('location', fillTemplate(settings.location, request.params, payload));
      }
      if (settings.accepted)
        reply.code(202).header('location', fillTemplate(settings.accepted, request.params, payload));
      if (settings.paged && typeof payload.next_cursor === 'string') {
        reply.header('link', `<${nextPage(request.url, payload.next_cursor)}>; rel="next"`);
      }
      if (settings.versioned && typeof payload.version === 'number') versions.set(reply, payload.version);
      done(null, payload);
    },
  ];
}

/** From the answer as an object to the answer as it is sent. */
const versions = new WeakMap<FastifyReply, number>();

function tagAnswer(route: RouteOptions, versioned: 'plain' | 'embedding'): void {
  const after = route.onSend === undefined ? [] : [route.onSend].flat();
  // First of all: Fastify's own hook of a HEAD route takes the body away.
  route.onSend = [
    (request, reply, payload, done) => {
      const version = versions.get(reply);
      if (version === undefined || typeof payload !== 'string') return done(null, payload);
      const tag = versioned === 'embedding' ? entityTag(version, payload) : entityTag(version);
      reply.header('etag', tag);
      if (!isUnchanged(request, tag)) return done(null, payload);
      reply.code(304).removeHeader('content-type');
      done(null, null);
    },
    ...after,
  ];
}

function isUnchanged(request: FastifyRequest, tag: string): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const header = request.headers['if-none-match'];
  return header !== undefined && matchesNone(header, tag);
}

function fillTemplate(template: string, params: unknown, body: object): string {
  return template.replace(/\{(\w+)\}/g, (_match, name: string) => {
    const value = (isJsonObject(params) ? params[name] : undefined) ?? Reflect.get(body, name);
    return encodeURIComponent(String(value));
  });
}

function nextPage(url: string, cursor: string): string {
  const query = url.indexOf('?');
  const parameters = new URLSearchParams(query === -1 ? '' : url.slice(query + 1));
  parameters.set('cursor', cursor);
  return `${query === -1 ? url : url.slice(0, query)}?${parameters}`;
}

function notAcceptable(types: readonly string[]): DomainError {
  return new DomainError('not_acceptable', 'not_acceptable', `The answer can only be ${types.join(' or ')}.`, {
    details: { produces: [...types, PROBLEM_MEDIA_TYPE] },
  });
}

function unsupportedMediaType(types: readonly string[]): DomainError {
  const message = `The body must be ${types.join(' or ')}.`;
  return new DomainError('unsupported_media_type', 'unsupported_media', message, { details: { consumes: types } });
}
