import type { LogEvent } from 'kysely';
import { type SpanAttributes, tracing } from '#libs/common';
import { sqlState } from './pg-error.js';

const LONGEST_TEXT = 2000;
const FIRST_WORD = /^[\s(]*(\w+)/;

/** Makes a span of a statement that Kysely has sent. */
export function traceQuery(event: LogEvent): void {
  const startedAt = performance.now() - event.queryDurationMillis;
  traceStatement(event.query.sql, startedAt, event.level === 'error' ? event.error : undefined);
}

/**
 * Makes a span of a statement that has ended: its text, in which every value is a placeholder, and never the values.
 * After the fact, because only the driver knows of every statement, and it tells then.
 */
export function traceStatement(text: string, startedAt: number, error?: unknown): void {
  const operation = FIRST_WORD.exec(text)?.[1]?.toUpperCase() ?? 'STATEMENT';
  const span = tracing.part(operation, { kind: 'client', startedAt, attributes: attributesOf(text, operation) });
  if (!span) return;
  if (error !== undefined) {
    const code = sqlState(error) ?? 'unknown';
    span.set({ 'db.response.status_code': code });
    span.fail(code);
  }
  span.end();
}

function attributesOf(text: string, operation: string): SpanAttributes {
  return {
    'db.system.name': 'postgresql',
    'db.operation.name': operation,
    'db.query.text': text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text,
  };
}
