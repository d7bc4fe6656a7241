import { DomainError } from '#libs/common';

/** The text asks for something that a read-only query may not have. */
export function refused(message: string): DomainError {
  return new DomainError('cypher_refused', 'invalid', message);
}

/** The engine could not run the query. Its message speaks of the query, not of our SQL. */
export function failed(message: string, cause: unknown): DomainError {
  return new DomainError('cypher_failed', 'invalid', `The query failed: ${message}`, { cause });
}

export function timedOut(seconds: number, cause: unknown): DomainError {
  return new DomainError('cypher_timeout', 'invalid', `The query ran longer than ${seconds} s and was stopped.`, {
    cause,
  });
}
