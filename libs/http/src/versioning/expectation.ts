import { DomainError } from '#libs/common';

/** Which state a write expects to find, from `If-Match`; nothing given means any. */
export interface Expectation {
  readonly version?: number;
  /** `If-None-Match: *` on a PUT: it must not be there yet. */
  readonly absent?: boolean;
}

/** @throws DomainError `version_mismatch` (412) */
export function assertExpected(noun: string, expected: Expectation, current: number): void {
  if (expected.version === undefined || expected.version === current) return;
  throw new DomainError(
    'version_mismatch',
    'precondition_failed',
    `The ${noun} has changed: version ${expected.version} was expected, ${current} is current.`,
    { details: { expected_version: expected.version, current_version: current } },
  );
}
