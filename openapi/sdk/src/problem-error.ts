import type { FieldError, Problem } from './gen/types.gen.js';

/**
 * Any answer of 400 and above, with the fields of its problem document (RFC 9457). `code` is stable; `request_id` finds
 * the request in the server's log.
 */
export class ProblemError extends Error implements Problem {
  override readonly name: string = 'ProblemError';
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: string;
  readonly request_id: string;
  readonly errors: FieldError[];
  readonly details: Record<string, unknown>;

  constructor(
    /** The problem document as it came. */
    readonly problem: Problem,
    /** Seconds to wait before another try, where the server said so. */
    readonly retryAfterSeconds?: number,
  ) {
    super(describe(problem));
    this.type = problem.type;
    this.title = problem.title;
    this.status = problem.status;
    this.detail = problem.detail;
    this.instance = problem.instance;
    this.code = problem.code;
    this.request_id = problem.request_id;
    this.errors = problem.errors ?? [];
    this.details = problem.details ?? {};
  }
}

export class UnauthenticatedError extends ProblemError {
  override readonly name = 'UnauthenticatedError';
}
export class ForbiddenError extends ProblemError {
  override readonly name = 'ForbiddenError';
}
export class NotFoundError extends ProblemError {
  override readonly name = 'NotFoundError';
}
export class ConflictError extends ProblemError {
  override readonly name = 'ConflictError';
}
/** The `If-Match` version is not the current one: read again, decide again. */
export class StaleVersionError extends ProblemError {
  override readonly name = 'StaleVersionError';
}
export class InvalidError extends ProblemError {
  override readonly name = 'InvalidError';
}
export class RateLimitedError extends ProblemError {
  override readonly name = 'RateLimitedError';
}
export class UnavailableError extends ProblemError {
  override readonly name = 'UnavailableError';
}

const CLASSES: Readonly<Record<number, typeof ProblemError>> = {
  400: InvalidError,
  401: UnauthenticatedError,
  403: ForbiddenError,
  404: NotFoundError,
  409: ConflictError,
  412: StaleVersionError,
  422: InvalidError,
  429: RateLimitedError,
  503: UnavailableError,
};

/** The error class of a failed answer, also for answers that are no problem document (a proxy's, say). */
export function toProblemError(body: unknown, response: Response | undefined): ProblemError {
  const problem = isProblem(body) ? body : unknownProblem(response);
  const Class = CLASSES[problem.status] ?? ProblemError;
  return new Class(problem, retryAfterSeconds(response?.headers.get('retry-after')));
}

function unknownProblem(response: Response | undefined): Problem {
  const status = response?.status ?? 0;
  return {
    type: 'about:blank',
    title: response?.statusText || 'The request failed',
    status,
    detail: 'The answer is no problem document: it may come from a proxy.',
    instance: response?.url ?? '',
    code: `http_${status}`,
    request_id: response?.headers.get('x-request-id') ?? '',
  };
}

/** Reads a Retry-After header: seconds, or a date. */
export function retryAfterSeconds(header: string | null | undefined, now = Date.now()): number | undefined {
  if (!header) return undefined;
  if (/^\d+$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - now) / 1000);
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'status' in body && 'title' in body;
}

function describe(problem: Problem): string {
  const faults = (problem.errors ?? []).map((fault) => `${fault.pointer || '(document)'}: ${fault.message}`);
  return [`${problem.title} (${problem.status} ${problem.code})`, problem.detail, ...faults]
    .filter(Boolean)
    .join('\n  ');
}
