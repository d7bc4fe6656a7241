/** What went wrong, in words every surface (HTTP, jobs, CLI) can map to its own; see docs/http.md for the statuses. */
export const ERROR_KINDS = [
  'malformed',
  'unauthenticated',
  'forbidden',
  'not_found',
  'not_acceptable',
  'conflict',
  'precondition_failed',
  'payload_too_large',
  'unsupported_media',
  'invalid',
  'precondition_required',
  'rate_limited',
  'unavailable',
] as const;

export type ErrorKind = (typeof ERROR_KINDS)[number];

/** One fault in a request document: `pointer` is an RFC 6901 JSON pointer into it (`''` is the whole document). */
export interface FieldError {
  pointer: string;
  message: string;
  code: string;
}

export interface DomainErrorOptions {
  /** Shown to the caller: plain data only, never a secret. */
  details?: Readonly<Record<string, unknown>>;
  errors?: readonly FieldError[];
  retryAfterSeconds?: number;
  cause?: unknown;
}

/**
 * The one error type that services throw on purpose. `code` is stable, snake_case and unique to one situation;
 * `message` is shown to the caller, so it must not carry secrets or internals.
 */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly details?: Readonly<Record<string, unknown>>;
  readonly errors?: readonly FieldError[];
  readonly retryAfterSeconds?: number;

  constructor(
    readonly code: string,
    readonly kind: ErrorKind,
    message: string,
    options: DomainErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.details = options.details;
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** By shape, not by class: two copies of this package in one process must still understand each other. */
export function isDomainError(error: unknown): error is DomainError {
  return error instanceof Error && error.name === 'DomainError' && 'code' in error && 'kind' in error;
}

export function invalid(errors: readonly FieldError[], message = 'The document is not valid.'): DomainError {
  return new DomainError('validation_failed', 'invalid', message, { errors });
}

export function notFound(what: string): DomainError {
  return new DomainError('not_found', 'not_found', `${what} was not found.`);
}
