import { DomainError, errorMessage } from '#libs/common';

// The data itself is at fault, so that sending it again cannot help. Everything else (memory, disk, network, a table
// whose migration is still to come) may pass, and its rows wait.
const REJECTED_TYPES = new Set([
  'CANNOT_CONVERT_TYPE',
  'CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN',
  'CANNOT_PARSE_DATE',
  'CANNOT_PARSE_DATETIME',
  'CANNOT_PARSE_ESCAPE_SEQUENCE',
  'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
  'CANNOT_PARSE_NUMBER',
  'CANNOT_PARSE_QUOTED_STRING',
  'CANNOT_PARSE_TEXT',
  'CANNOT_READ_ALL_DATA',
  'INCORRECT_DATA',
  'TYPE_MISMATCH',
  'UNKNOWN_ELEMENT_OF_ENUM',
  'VIOLATED_CONSTRAINT',
]);

export function unavailable(reason: string, cause?: unknown): DomainError {
  return new DomainError('analytics_unavailable', 'unavailable', `History and audit are unavailable: ${reason}`, {
    cause,
    retryAfterSeconds: 5,
  });
}

// By shape: chDB throws the error class of its own copy of the client library.
function isEngineError(error: unknown): error is Error & { type: string } {
  return (
    error instanceof Error && 'type' in error && typeof error.type === 'string' && /^\d+$/.test(String(codeOf(error)))
  );
}

function codeOf(error: object): unknown {
  return 'code' in error ? error.code : undefined;
}

/** An insert that failed: `analytics_rejected` when these rows can never go in, else `analytics_unavailable`. */
export function insertError(table: string, error: unknown): DomainError {
  if (isEngineError(error) && REJECTED_TYPES.has(error.type)) {
    return new DomainError('analytics_rejected', 'invalid', `Rows for ${table} were rejected: ${error.message}`, {
      cause: error,
    });
  }
  return unavailable(`rows for ${table} could not be written (${errorMessage(error)}).`, error);
}

/** A statement that failed: the engine's own complaint stays what it is, an unreachable engine is unavailable. */
export function queryError(error: unknown): unknown {
  if (isEngineError(error) && error.type !== 'TIMEOUT_EXCEEDED') return error;
  return unavailable(`${errorMessage(error)}.`, error);
}
