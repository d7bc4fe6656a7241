import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type AuthContext, recordAudit } from '#libs/auth';
import { isDomainError, requestContext } from '#libs/common';
import { Database } from '#libs/database';
import { toProblem } from '#libs/http';
import { type BoardAnswer, QueueBoard } from './queue-board.js';
import { SIGN_IN_PAGE } from './queue-board.page.js';
import { BOARD_PATH, isWrite, QueueBoardAccess } from './queue-board-access.js';

/** Bull Board for operators in a browser. */
@Injectable()
export class QueueBoardService {
  constructor(
    private readonly access: QueueBoardAccess,
    private readonly board: QueueBoard,
    private readonly database: Database,
  ) {}

  openingCookie(request: FastifyRequest): string {
    return this.access.openingCookie(request);
  }

  async serve(request: FastifyRequest): Promise<BoardAnswer> {
    // Routers stop at a `#`, so what is judged and what the board gets must be read by one and the same parser.
    const { pathname: path, search } = new URL(request.url, 'http://board');
    try {
      const auth = await this.access.identify(request);
      actAs(auth);
      this.access.assertAdmitted(auth, request, path);
      if (isWrite(request)) await this.recordChange(request, path);
      return await this.board.answer(request, path + search);
    } catch (error) {
      if (!isDomainError(error)) throw error;
      if (error.kind === 'forbidden') await this.recordDenial(request, path, error.code);
      return refusal(error, request, path);
    }
  }

  // The board's answers are made here, so that no filter sees what it refuses.
  private async recordDenial(request: FastifyRequest, path: string, code: string): Promise<void> {
    await this.database.transaction(async (tx) =>
      recordAudit(tx, {
        action: 'auth.access',
        outcome: 'denied',
        reason: code === 'forbidden' ? 'missing_permission' : code,
        resourceKind: 'queue',
        detail: { method: request.method, route: path },
      }),
    );
  }

  // Before it is done, because the job store takes no part in our transaction.
  private async recordChange(request: FastifyRequest, path: string): Promise<void> {
    await this.database.transaction(async (tx) =>
      recordAudit(tx, {
        action: 'queues.change',
        outcome: 'success',
        resourceKind: 'queue',
        detail: { method: request.method, path: path.slice(BOARD_PATH.length) },
      }),
    );
  }
}

function actAs({ user, sessionId }: AuthContext): void {
  const context = requestContext.current();
  if (!context) return;
  context.actor = { kind: 'user', id: user.id, name: user.displayName };
  context.credentialId = sessionId;
}

/** A page gets the form to sign in; the board's own calls get the problem, in the words it shows to its user too. */
function refusal(error: unknown, request: FastifyRequest, path: string): BoardAnswer {
  const { status, headers, body } = toProblem(error, { instance: path, requestId: request.id });
  if (status === 401 && request.method === 'GET' && !path.startsWith(`${BOARD_PATH}/api/`)) {
    return { status, headers: { ...headers, 'content-type': 'text/html; charset=utf-8' }, body: SIGN_IN_PAGE };
  }
  return {
    status,
    headers: { ...headers, 'content-type': 'application/problem+json' },
    body: JSON.stringify({ ...body, error: body.title, message: body.detail }),
  };
}
