import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ANONYMOUS_ACTOR, newId, type RequestContext, requestContext } from '#libs/common';
import { traceRequest } from './request-span.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the first hook; guards fill in the actor and the organization. */
    imbiContext: RequestContext | undefined;
  }
}

const SANE_REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** The caller's `X-Request-Id` where it is one that can stand in a log line, else a new id. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE_REQUEST_ID.test(given) ? given : newId();
}

/** Runs every request inside its own {@link RequestContext} and echoes the request id. */
export function installRequestContext(fastify: FastifyInstance): void {
  fastify.decorateRequest('imbiContext', undefined);
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    const context = newContext(request);
    traceRequest(request, reply, context);
    request.imbiContext = context;
    requestContext.run(context, done);
  });
  // The body arrives in events of the socket, which know nothing of the context the request began in.
  fastify.addHook('onRoute', (route) => {
    if (route.method === 'GET' || route.method === 'HEAD') return;
    const hooks = route.preValidation === undefined ? [] : [route.preValidation].flat();
    route.preValidation = [
      (request, _reply, done) => (request.imbiContext ? requestContext.run(request.imbiContext, done) : done()),
      ...hooks,
    ];
  });
}

function newContext(request: FastifyRequest): RequestContext {
  return {
    requestId: request.id,
    actor: ANONYMOUS_ACTOR,
    ip: request.ip,
    userAgent: request.headers['user-agent']?.slice(0, 500),
  };
}
