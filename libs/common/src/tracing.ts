import { AsyncLocalStorage } from 'node:async_hooks';
import { isDomainError } from './domain-error.js';
import { requestContext } from './request-context.js';
import { formatTraceparent, type Span, type SpanContext, type SpanOptions, type SpanSource } from './span.js';

const nested = new AsyncLocalStorage<Span>();
let source: SpanSource | undefined;

/** Has spans made from now on, by the process's one source; without an argument, no longer. */
export function installTracing(given?: SpanSource): void {
  source = given;
}

/**
 * Traces, as the libraries see them. Nothing is measured and nothing is allocated until a source is installed, which
 * only happens where traces are switched on.
 */
export const tracing = {
  /** Whether there is a source. */
  get enabled(): boolean {
    return source !== undefined;
  },

  /** The span that what runs now belongs to. */
  active(): Span | undefined {
    if (!source) return undefined;
    return nested.getStore() ?? requestContext.current()?.trace;
  },

  /** The active span for another process, as the text of a `traceparent`. */
  traceparent(): string | undefined {
    const active = tracing.active();
    return active && formatTraceparent(active);
  },

  /** Begins a request or a job: a trace of its own, or the next part of `parent`'s. Its caller ends it. */
  begin(name: string, options: SpanOptions, parent?: SpanContext): Span | undefined {
    return source?.start(name, options, parent);
  },

  /** A part of the active span that its caller ends; undefined outside a recorded trace, so that polling makes none. */
  part(name: string, options: SpanOptions): Span | undefined {
    const active = tracing.active();
    return active?.sampled ? source?.start(name, options, active) : undefined;
  },

  /** Runs `work` as a part of the active span, or just runs it. */
  async within<Result>(
    name: string,
    options: SpanOptions,
    work: (span: Span | undefined) => Promise<Result>,
  ): Promise<Result> {
    const span = tracing.part(name, options);
    if (!span) return work(undefined);
    try {
      return await nested.run(span, () => work(span));
    } catch (error) {
      span.fail(errorType(error));
      throw error;
    } finally {
      span.end();
    }
  },
};

/** What may be said of an error in a trace: its code or class, never its message. */
export function errorType(error: unknown): string {
  if (isDomainError(error)) return error.code;
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
