import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createLogger, type DomainError, isDomainError } from '#libs/common';
import { StoredAnswer } from '../idempotency/stored-answer.js';
import type { RefusedCalls } from '../rate-limit/refused-calls.js';
import { toOAuthError } from './oauth-error.js';
import type { RefusalRecorder } from './refusal-recorder.js';
import { PROBLEM_MEDIA_TYPE, type ProblemAnswer, toProblem } from './to-problem.js';

const logger = createLogger('http');
// Set by a handler before it failed, these would describe a document that is not sent.
const STALE_HEADERS = ['etag', 'location', 'link', 'content-length', 'content-disposition', 'content-encoding'];
const REFUSALS: ReadonlySet<string> = new Set(['forbidden', 'unauthenticated', 'rate_limited']);

/** Turns every error of every layer into a problem document; the only place that does. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly refused: RefusedCalls,
    private readonly recorder: () => RefusalRecorder | undefined,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void | Promise<void> {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (error instanceof StoredAnswer) return error.send(reply);
    if (!isRefusal(error) && !this.refused.isUncounted(error, request, reply))
      return sendProblem(error, request, reply);
    return this.refuse(error, request, reply);
  }

  private async refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const refusal = await this.refused.count(error, request, reply);
    const recorder = isRefusal(refusal) ? this.recorder() : undefined;
    if (recorder && isRefusal(refusal)) await record(recorder, refusal, request);
    sendProblem(refusal, request, reply);
  }
}

/** Answers `request` with the problem that `error` is, and logs what the answer does not say. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const answer = toProblem(error, {
    instance: pathOf(request.url),
    requestId: request.id,
    hasCredential: request.headers.authorization !== undefined,
  });
  log(error, answer, request);
  if (reply.sent || reply.raw.headersSent) return;
  for (const name of STALE_HEADERS) reply.removeHeader(name);
  const { type, headers, body } = request.routeOptions?.config.imbi?.oauthErrors
    ? toOAuthError(answer)
    : { ...answer, type: PROBLEM_MEDIA_TYPE };
  reply.code(answer.status).headers(headers).type(type).send(JSON.stringify(body));
}

function isRefusal(error: unknown): error is DomainError {
  return isDomainError(error) && REFUSALS.has(error.kind);
}

// Who is refused is told so even where it cannot be written down.
async function record(recorder: RefusalRecorder, error: DomainError, request: FastifyRequest): Promise<void> {
  try {
    await recorder.recordRefusal(error, request);
  } catch (fault) {
    logger.error({ request_id: request.id, code: error.code, err: fault }, 'a refusal could not be recorded');
  }
}

export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

function log(error: unknown, answer: ProblemAnswer, request: FastifyRequest): void {
  const { code } = answer.body;
  const fields = {
    request_id: request.id,
    method: request.method,
    route: request.routeOptions?.url ?? 'none',
    status: answer.status,
    code,
  };
  if (answer.severity === 'fault') logger.error({ ...fields, err: error }, 'request failed');
  else if (answer.severity === 'outage') logger.warn({ ...fields, err: error }, 'dependency unavailable');
  else logger.debug(fields, 'request refused');
}
