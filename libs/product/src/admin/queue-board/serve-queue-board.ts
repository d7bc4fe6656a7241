import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { BOARD_POLICY, SIGN_IN_SCRIPT } from './queue-board.page.js';
import { QueueBoardService } from './queue-board.service.js';
import { BOARD_PATH } from './queue-board-access.js';

/**
 * Serves the board of queues at /admin/queues; call it before the application listens. These are no routes of Nest's,
 * because the board's guard is its cookie, and its addresses are Bull Board's.
 */
export function serveQueueBoard(app: NestFastifyApplication): void {
  const boards = app.get(QueueBoardService, { strict: false });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get(`${BOARD_PATH}/sign-in.js`, (_request, reply) => {
    reply.type('text/javascript; charset=utf-8').send(SIGN_IN_SCRIPT);
  });
  for (const url of [BOARD_PATH, `${BOARD_PATH}/*`]) {
    fastify.route({
      url,
      method: ['GET', 'POST', 'PUT', 'PATCH'],
      handler: async (request, reply) => {
        const { status, headers, body } = await boards.serve(request);
        reply.header('cache-control', 'no-store').header('content-security-policy', BOARD_POLICY);
        return reply.code(status).headers(headers).send(body);
      },
    });
  }
}
