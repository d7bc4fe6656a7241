import type { FastifyInstance } from 'fastify';
import { createLogger } from '#libs/common';

const logger = createLogger('access');

/** One line a request: what was asked for by its template, never its query, body or headers. */
export function installAccessLog(fastify: FastifyInstance): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const actor = request.imbiContext?.actor;
    logger.info(
      {
        request_id: request.id,
        trace_id: request.imbiContext?.trace?.traceId,
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        ip: request.ip,
        actor: actor?.id,
        organization: request.imbiContext?.organizationId,
      },
      'request',
    );
    done();
  });
}
