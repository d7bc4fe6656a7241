import { DomainError, errorMessage } from '#libs/common';

export function objectNotFound(): DomainError {
  return new DomainError('object_not_found', 'not_found', 'The file was not found.');
}

export function rangeNotSatisfiable(size: number): DomainError {
  return new DomainError('range_not_satisfiable', 'invalid', `The file has only ${size} bytes.`, { details: { size } });
}

export function contentMismatch(what: string): DomainError {
  return new DomainError('content_mismatch', 'invalid', `The file is not what was announced: ${what}.`);
}

export function storageUnavailable(cause: unknown): DomainError {
  return new DomainError('storage_unavailable', 'unavailable', `Files are unavailable (${errorMessage(cause)}).`, {
    cause,
    retryAfterSeconds: 5,
  });
}
