export type SpanKind = 'server' | 'client' | 'consumer' | 'internal';
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where in a trace something is: what a `traceparent` header says (W3C Trace Context). */
export interface SpanContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Whether the trace is recorded. */
  readonly sampled: boolean;
  /** Set where it came from another process. */
  readonly remote?: boolean;
  /** What other vendors' systems want carried along. */
  readonly tracestate?: string;
}

/** One timed piece of work of a trace. Attributes hold no values of statements, no bodies and no secrets. */
export interface Span extends SpanContext {
  set(attributes: SpanAttributes): void;
  /** Marks it as failed. `type` is a code or a class: messages quote what they were given, so they are left out. */
  fail(type: string): void;
  end(): void;
}

export interface SpanOptions {
  readonly kind: SpanKind;
  readonly attributes?: SpanAttributes;
  /** When it began, as `performance.now()` said; now where absent. */
  readonly startedAt?: number;
}

/** Makes spans and sends them somewhere. */
export interface SpanSource {
  start(name: string, options: SpanOptions, parent: SpanContext | undefined): Span;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ZEROS = /^0+$/;

/** Reads a `traceparent` header; one that breaks the standard is as good as none. */
export function parseTraceparent(header: string | undefined, tracestate?: string): SpanContext | undefined {
  const [, version, traceId, spanId, flags, rest] = TRACEPARENT.exec(header ?? '') ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  // Version ff is forbidden; later ones than ours may have more fields.
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (ZEROS.test(traceId) || ZEROS.test(spanId)) return undefined;
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceId, spanId, sampled, remote: true, tracestate };
}

export function formatTraceparent({ traceId, spanId, sampled }: SpanContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}
