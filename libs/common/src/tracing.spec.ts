import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  ANONYMOUS_ACTOR,
  formatTraceparent,
  installTracing,
  parseTraceparent,
  type RequestContext,
  requestContext,
  type Span,
  type SpanContext,
  type SpanOptions,
  seal,
  tracing,
  unseal,
} from './index.js';

interface NotedSpan {
  name: string;
  parent?: string;
  failed?: string;
  ended: boolean;
}

const made: NotedSpan[] = [];

function noteSpan(name: string, _options: SpanOptions, parent: SpanContext | undefined): Span {
  const noted: NotedSpan = { name, parent: parent?.spanId, ended: false };
  made.push(noted);
  return {
    traceId: parent?.traceId ?? 'a'.repeat(32),
    spanId: String(made.length).padStart(16, '0'),
    sampled: parent?.sampled ?? true,
    set: () => undefined,
    fail: (type) => {
      noted.failed = type;
    },
    end: () => {
      noted.ended = true;
    },
  };
}

function contextWith(trace: Span | undefined): RequestContext {
  return { requestId: 'r1', actor: ANONYMOUS_ACTOR, trace };
}

beforeEach(() => {
  made.length = 0;
  installTracing({ start: noteSpan });
});
afterEach(() => installTracing());

describe('traces', () => {
  it('nest as the work does, over awaits', async () => {
    const request = tracing.begin('GET /teams', { kind: 'server' });
    await requestContext.run(contextWith(request), () =>
      tracing.within('transaction', { kind: 'internal' }, async () => {
        await Promise.resolve();
        tracing.part('INSERT', { kind: 'client' })?.end();
      }),
    );
    expect(made).toEqual([
      { name: 'GET /teams', parent: undefined, ended: false },
      { name: 'transaction', parent: '0000000000000001', ended: true },
      { name: 'INSERT', parent: '0000000000000002', ended: true },
    ]);
  });

  it('keep the kind of an error, not its message', async () => {
    const request = tracing.begin('GET /teams', { kind: 'server' });
    const failing = requestContext.run(contextWith(request), () =>
      tracing.within('transaction', { kind: 'internal' }, async () => {
        throw Object.assign(new Error('duplicate key "secret"'), { code: '23505' });
      }),
    );
    await expect(failing).rejects.toThrow('duplicate key');
    expect(made[1]).toMatchObject({ failed: '23505', ended: true });
  });

  it('have no parts outside a request or a job, nor in a trace that is not recorded', async () => {
    expect(tracing.part('SELECT', { kind: 'client' })).toBeUndefined();
    const unrecorded = tracing.begin(
      'GET /',
      { kind: 'server' },
      parseTraceparent(`00-${'b'.repeat(32)}-${'c'.repeat(16)}-00`),
    );
    requestContext.run(contextWith(unrecorded), () => {
      expect(tracing.part('SELECT', { kind: 'client' })).toBeUndefined();
      expect(tracing.traceparent()).toBe(`00-${'b'.repeat(32)}-0000000000000001-00`);
    });
  });

  it('cost nothing and say nothing when they are off', async () => {
    installTracing();
    expect(tracing.enabled).toBe(false);
    expect(tracing.begin('GET /', { kind: 'server' })).toBeUndefined();
    expect(await tracing.within('transaction', { kind: 'internal' }, async (span) => span)).toBeUndefined();
    expect(seal({})).not.toHaveProperty('traceparent');
    expect(made).toEqual([]);
  });

  it('go on where an envelope is opened', () => {
    const request = tracing.begin('POST /teams', { kind: 'server' });
    const sealed = requestContext.run(contextWith(request), () => seal({ id: 't1' }));
    expect(unseal(JSON.parse(JSON.stringify(sealed))).cause).toEqual({
      traceId: 'a'.repeat(32),
      spanId: '0000000000000001',
      sampled: true,
      remote: true,
    });
  });
});

describe('a traceparent', () => {
  const hex = (length: number) =>
    fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });

  it('reads as it was written', () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, sampled) => {
        fc.pre(!/^0+$/.test(traceId) && !/^0+$/.test(spanId));
        const read = parseTraceparent(formatTraceparent({ traceId, spanId, sampled }));
        expect(read).toEqual({ traceId, spanId, sampled, remote: true });
      }),
    );
  });

  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['capitals', `00-${'A'.repeat(32)}-${'b'.repeat(16)}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`],
    ['a span of zeros', `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`],
    ['the forbidden version', `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`],
    ['fields that version 00 does not have', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01-x`],
  ])('is ignored when it is %s', (_what, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  it('of a later version is read as far as it is known', () => {
    expect(parseTraceparent(`01-${'a'.repeat(32)}-${'b'.repeat(16)}-03-more`)?.sampled).toBe(true);
  });
});
