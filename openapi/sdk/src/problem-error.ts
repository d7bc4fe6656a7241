/** One fault in the sent document; `pointer` is a JSON pointer into it. */
export interface ProblemFieldError {
  pointer: string;
  message: string;
  code: string;
}

/** An RFC 9457 problem document as the API answers it. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail?: string;
  instance?: string;
  code: string;
  request_id?: string;
  errors?: ProblemFieldError[];
  [extension: string]: unknown;
}

/** Any answer of 400 and above. `code` is stable; `requestId` finds the request in the server's log. */
export class ProblemError extends Error {
  override readonly name: string = 'ProblemError';
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;
  readonly errors: readonly ProblemFieldError[];

  constructor(
    readonly problem: ProblemBody,
    /** Seconds to wait before another try, where the server said so. */
    readonly retryAfterSeconds?: number,
  ) {
    super(describe(problem));
    this.status = problem.status;
    this.code = problem.code;
    this.requestId = problem.request_id;
    this.errors = problem.errors ?? [];
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
  const status = response?.status ?? 0;
  const problem: ProblemBody = isProblem(body)
    ? body
    : { type: 'about:blank', title: response?.statusText || 'The request failed', status, code: `http_${status}` };
  const Class = CLASSES[problem.status] ?? ProblemError;
  return new Class(problem, retryAfterSeconds(response?.headers.get('retry-after')));
}

/** Reads a Retry-After header: seconds, or a date. */
export function retryAfterSeconds(header: string | null | undefined, now = Date.now()): number | undefined {
  if (!header) return undefined;
  if (/^\d+$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - now) / 1000);
}

function isProblem(body: unknown): body is ProblemBody {
  return typeof body === 'object' && body !== null && 'code' in body && 'status' in body && 'title' in body;
}

function describe(problem: ProblemBody): string {
  const faults = (problem.errors ?? []).map((fault) => `${fault.pointer || '(document)'}: ${fault.message}`);
  return [`${problem.title} (${problem.status} ${problem.code})`, problem.detail, ...faults]
    .filter(Boolean)
    .join('\n  ');
}
