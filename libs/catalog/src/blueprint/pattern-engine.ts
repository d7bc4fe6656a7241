import { RE2JS } from 're2js';
import { SCHEMA_LIMITS } from './schema-limits.js';
import { spendOnText } from './validation-budget.js';

/** Longest program of a pattern: counted repetitions are written out, and each step over a text may touch all of it. */
const MAX_PROGRAM = 2000;
/** Of all patterns of one schema: some hundred milliseconds of writing them. */
const MAX_PROGRAMS = 100_000;

let written = 0;

/** Compiles one schema, whose patterns together may be so long. Compiling is synchronous: there is never more than one. */
export function withinPrograms<Result>(compile: () => Result): Result {
  written = 0;
  return compile();
}

interface Pattern {
  test(text: string): boolean;
  toString(): string;
}

/**
 * Patterns as ajv runs them: by an engine whose time is linear in the text, for which there are no look-arounds and no
 * back-references. A pattern must also be one of ECMAScript, so that clients can use it as it stands.
 */
export function compilePattern(source: string): Pattern {
  if (source.length > SCHEMA_LIMITS.patternLength) {
    throw new Error(`the pattern is longer than ${SCHEMA_LIMITS.patternLength} characters`);
  }
  // Compiled, never run: only the other engine's running time is bounded.
  new RegExp(source, 'u');
  const compiled = RE2JS.compile(RE2JS.translateRegExp(source));
  const size = compiled.programSize();
  if (size > MAX_PROGRAM) throw new Error('the pattern repeats too much');
  written += size;
  if (written > MAX_PROGRAMS) throw new Error('the patterns of the schema repeat too much');
  return {
    test(text) {
      spendOnText(text.length, size);
      return compiled.test(text);
    },
    // ajv tells patterns apart by this.
    toString: () => source,
  };
}

/** For ajv's `code.regExp`: `code` would stand in validators that are written to files, which ours are not. */
export const patternEngine = Object.assign((source: string) => compilePattern(source), { code: 'compilePattern' });
