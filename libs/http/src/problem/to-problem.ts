import { HttpException } from '@nestjs/common';
import { type DomainError, type FieldError, isDomainError } from '#libs/common';
import { isUnreachable } from '#libs/database';
import { BASE_PROBLEMS, codeOfStatus } from './base-problems.js';
import { problemText, STATUS_OF_KIND } from './problem-registry.js';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** The body of every 4xx and 5xx (RFC 9457). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: string;
  readonly request_id: string;
  readonly errors?: readonly FieldError[];
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Problem;
  /** `fault`: someone must act now; `outage`: a dependency is away; `refusal`: the caller's business. */
  readonly severity: 'fault' | 'outage' | 'refusal';
}

export interface ProblemOrigin {
  /** The path of the request, without its query. */
  readonly instance: string;
  readonly requestId: string;
  readonly hasCredential?: boolean;
}

interface Facts {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly details?: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number;
}

const RETRY_AFTER_OUTAGE_SECONDS = 5;

/** What to answer for any error whatsoever; an error that is not meant for the caller says nothing. */
export function toProblem(error: unknown, origin: ProblemOrigin): ProblemAnswer {
  const facts = factsOf(error);
  const text = problemText(facts.code);
  return {
    status: facts.status,
    headers: headersOf(facts, origin),
    severity: facts.status === 503 ? 'outage' : facts.status >= 500 ? 'fault' : 'refusal',
    body: {
      type: `/docs/errors/${facts.code}`,
      title: text?.title ?? BASE_PROBLEMS[codeOfStatus(facts.status)].title,
      status: facts.status,
      detail: facts.detail,
      instance: origin.instance,
      code: facts.code,
      request_id: origin.requestId,
      ...(facts.errors && facts.errors.length > 0 ? { errors: facts.errors } : {}),
      ...(facts.details ? { details: facts.details } : {}),
    },
  };
}

function headersOf(facts: Facts, origin: ProblemOrigin): Record<string, string> {
  const headers: Record<string, string> = {};
  if (facts.status === 401) {
    headers['www-authenticate'] = origin.hasCredential
      ? 'Bearer realm="imbi", error="invalid_token"'
      : 'Bearer realm="imbi"';
  }
  const retryAfter = facts.retryAfterSeconds ?? (facts.status === 503 ? RETRY_AFTER_OUTAGE_SECONDS : undefined);
  if (retryAfter !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfter)));
  return headers;
}

function factsOf(error: unknown): Facts {
  if (isDomainError(error)) return factsOfDomainError(error);
  // Nest wraps what Fastify and its plugins throw; the code that tells them apart is on the cause.
  const inner = error instanceof HttpException && error.cause instanceof Error ? error.cause : error;
  if (isDomainError(inner)) return factsOfDomainError(inner);
  const known = factsOfFastifyError(inner);
  if (known) return known;
  const status = statusOf(error);
  if (status !== undefined && status >= 400 && status < 500) {
    return { status, code: codeOfStatus(status), detail: error instanceof Error ? error.message : 'Refused.' };
  }
  if (status === 503 || isOutage(error)) {
    return { status: 503, code: 'unavailable', detail: 'A dependency cannot be reached at the moment.' };
  }
  return {
    status: 500,
    code: 'internal_error',
    detail: 'The server failed; the fault is logged under the request id.',
  };
}

function factsOfDomainError(error: DomainError): Facts {
  return {
    status: STATUS_OF_KIND[error.kind] ?? 500,
    code: error.code,
    detail: error.message,
    errors: error.errors,
    details: error.details,
    retryAfterSeconds: error.retryAfterSeconds,
  };
}

function factsOfFastifyError(error: unknown): Facts | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
    case 'FST_REQ_FILE_TOO_LARGE':
      return { status: 413, code: 'payload_too_large', detail: 'The body is larger than this route takes.' };
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_INVALID_MULTIPART_CONTENT_TYPE':
      return { status: 415, code: 'unsupported_media_type', detail: 'The media type of the body is not supported.' };
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return { status: 400, code: 'malformed_request', detail: 'The body is not as long as Content-Length says.' };
    case 'FST_ERR_BAD_URL':
      return { status: 400, code: 'malformed_request', detail: 'The path is not a valid URL path.' };
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return { status: 414, code: 'uri_too_long', detail: 'A part of the path is too long.' };
    default:
      return undefined;
  }
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

function isOutage(error: unknown): boolean {
  if (!isUnreachable(error)) return false;
  // ENOENT means an absent socket only when it comes from connecting; from opening a file it is our own fault.
  const call = error instanceof Error && 'syscall' in error ? error.syscall : undefined;
  return call === undefined || call === 'connect' || call === 'read' || call === 'write' || call === 'getaddrinfo';
}
