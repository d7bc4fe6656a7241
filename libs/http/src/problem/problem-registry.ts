import type { ErrorKind } from '#libs/common';

/** The HTTP status of each kind of domain error. */
export const STATUS_OF_KIND: Readonly<Record<ErrorKind, number>> = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  not_acceptable: 406,
  conflict: 409,
  precondition_failed: 412,
  payload_too_large: 413,
  unsupported_media: 415,
  invalid: 422,
  precondition_required: 428,
  rate_limited: 429,
  unavailable: 503,
};

/** The words of one problem code: they make its page under /docs/errors. */
export interface ProblemText {
  readonly status: number;
  readonly title: string;
  /** When the server answers so. */
  readonly cause: string;
  /** What the caller can do about it. */
  readonly remedy: string;
}

const registry = new Map<string, ProblemText>();

/**
 * Registers problem codes; each feature does so for its own, beside the errors it throws.
 * @throws Error when a code is registered twice or is not snake_case
 */
export function defineProblems<const Code extends string>(
  texts: Readonly<Record<Code, ProblemText>>,
): Readonly<Record<Code, ProblemText>> {
  for (const [code, text] of Object.entries<ProblemText>(texts)) {
    if (!/^[a-z][a-z0-9_]*$/.test(code)) throw new Error(`"${code}" is no problem code; write snake_case.`);
    if (registry.has(code)) throw new Error(`The problem code "${code}" is registered twice.`);
    registry.set(code, text);
  }
  return texts;
}

export function problemText(code: string): ProblemText | undefined {
  return registry.get(code);
}

/** Every registered code with its text, by code. */
export function problemTexts(): [code: string, text: ProblemText][] {
  return [...registry].sort(([left], [right]) => (left < right ? -1 : 1));
}
