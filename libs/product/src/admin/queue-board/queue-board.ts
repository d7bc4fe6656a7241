import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { createLogger, errorMessage } from '#libs/common';
import { Queues } from '#libs/queue';
import { BOARD_PATH } from './queue-board-access.js';

const logger = createLogger('queue-board');
/** The page asks for its fonts elsewhere; an operator's tool tells nobody that it is used. */
const FOREIGN_LINK = /<link[^>]+href="https?:[^>]*>/g;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH'] as const;
const KEPT_HEADERS = ['content-type', 'cache-control', 'etag', 'last-modified'];

export interface BoardAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

/**
 * Bull Board over the product's queues, whichever store they are in. It is a Fastify of its own that never listens: it
 * brings its own error handler and views, and is loaded (a quarter of a second) only when somebody looks.
 */
@Injectable()
export class QueueBoard implements OnApplicationShutdown {
  private board: Promise<FastifyInstance> | undefined;

  constructor(private readonly queues: Queues) {}

  /** What the board answers to a request that has been admitted, at `url` (path and query). */
  async answer(request: FastifyRequest, url: string): Promise<BoardAnswer> {
    this.board ??= this.build().catch((error) => {
      this.board = undefined;
      throw error;
    });
    const board = await this.board;
    const { body } = request;
    const content = body === undefined || body === null ? undefined : JSON.stringify(body);
    const answer = await board.inject({
      method: methodOf(request),
      url,
      ...(content !== undefined && { headers: { 'content-type': 'application/json' }, payload: content }),
    });
    const headers = KEPT_HEADERS.flatMap((name) => {
      const value = answer.headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    });
    const isPage = answer.headers['content-type']?.startsWith('text/html') ?? false;
    return {
      status: answer.statusCode,
      headers: Object.fromEntries(headers),
      body: isPage ? answer.body.replace(FOREIGN_LINK, '') : answer.rawPayload,
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await (await this.board)?.close();
  }

  private async build(): Promise<FastifyInstance> {
    const [{ createBullBoard }, { BullMQAdapter }, { FastifyAdapter }] = await Promise.all([
      import('@bull-board/api'),
      import('@bull-board/api/bullMQAdapter'),
      import('@bull-board/fastify'),
    ]);
    const adapter = new FastifyAdapter();
    createBullBoard({
      queues: this.queues.all().map((queue) => new BullMQAdapter(queue)),
      serverAdapter: adapter,
      options: {
        // A worker is seen as a connection of its own name, and ours share theirs.
        uiConfig: { boardTitle: 'Imbi queues', hideDocsLink: true, showWorkers: false },
      },
    });
    // Its own handler tells the reason, which may name hosts and statements.
    adapter.setErrorHandler((error) => {
      logger.warn({ reason: errorMessage(error) }, 'the board could not read or change a queue');
      return { status: 500, body: { error: 'The job store did not answer', message: 'The log has the reason.' } };
    });
    adapter.setBasePath(BOARD_PATH);
    const board = Fastify();
    await board.register(adapter.registerPlugin(), { prefix: BOARD_PATH });
    await board.ready();
    return board;
  }
}

function methodOf(request: FastifyRequest): (typeof METHODS)[number] {
  return METHODS.find((method) => method === request.method) ?? 'GET';
}
