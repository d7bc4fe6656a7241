import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseTraceparent, type RequestContext, tracing } from '#libs/common';

// What machines ask every few seconds would bury what people do.
const UNTRACED = new Set(['/status', '/status/ready', '/metrics']);

/**
 * Begins the span of a request, where traces are on: the next part of the caller's trace if it sent a `traceparent`.
 * Its name is the method and the route's template; the address itself is left out, because tokens travel in addresses.
 */
export function traceRequest(request: FastifyRequest, reply: FastifyReply, context: RequestContext): void {
  if (!tracing.enabled) return;
  const route = request.routeOptions.url;
  if (route !== undefined && UNTRACED.has(route)) return;
  const { traceparent, tracestate } = request.headers;
  const span = tracing.begin(
    route === undefined ? request.method : `${request.method} ${route}`,
    {
      kind: 'server',
      attributes: {
        'http.request.method': request.method,
        'http.route': route,
        'url.scheme': request.protocol,
        'imbi.request_id': request.id,
      },
    },
    parseTraceparent(oneOf(traceparent), oneOf(tracestate)),
  );
  context.trace = span;
  // `close` comes after every answer, and also when the caller has gone before there was one.
  reply.raw.once('close', () => {
    const { statusCode, writableFinished } = reply.raw;
    span?.set({
      'http.response.status_code': writableFinished ? statusCode : undefined,
      'user.id': context.actor.id,
      'imbi.organization.id': context.organizationId,
    });
    if (!writableFinished) span?.fail('disconnected');
    else if (statusCode >= 500) span?.fail(String(statusCode));
    span?.end();
  });
}

function oneOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? undefined : header;
}
