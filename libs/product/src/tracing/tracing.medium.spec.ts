import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Module, Param, Post } from '@nestjs/common';
import { sql } from 'kysely';
import { disabledAnalytics } from '#libs/analytics';
import { requestContext, sleep } from '#libs/common';
import { ConfigError, loadConfig } from '#libs/config';
import { generateKey, KeyRing } from '#libs/crypto';
import { Database } from '#libs/database';
import { Public } from '#libs/http';
import { defineJob, enqueue, OnJob } from '#libs/queue';
import { type TestDatabase, testDatabase } from '#test/database';
import { type RunningApi, startApi } from '../start-api.js';
import { startTracing } from './start-tracing.js';

const SECRET = 'swordfish-4711';
const CALLER = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };

interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Record<string, unknown>;
  status: { code: number };
}

/** A collector: what an OTLP exporter sends, flattened. */
class Collector {
  readonly spans: ReceivedSpan[] = [];
  readonly services = new Set<unknown>();
  readonly tokens = new Set<unknown>();
  raw = '';
  private readonly server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      this.raw += text;
      this.tokens.add(request.headers['x-token']);
      if (request.url === '/v1/traces') this.take(JSON.parse(text));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  of(traceId: string): ReceivedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the wire format of OTLP
  private take({ resourceSpans }: any): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      this.services.add(flat(resource.attributes)['service.name']);
      for (const { spans } of scopeSpans) {
        for (const span of spans) this.spans.push({ ...span, attributes: flat(span.attributes) });
      }
    }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the wire format of OTLP
function flat(attributes: any[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

const note = defineJob<{ secret: string }>('tracing-spec/note', { attempts: 2, backoff: fast() });
const traceIds: (string | undefined)[] = [];

function fast() {
  return { kind: 'exponential', baseMs: 1, maxMs: 1, jitter: 0 } as const;
}

@Controller('traced')
class TracedController {
  constructor(private readonly database: Database) {}

  @Post(':secret')
  @Public()
  async tracedWork(@Param('secret') secret: string): Promise<object> {
    traceIds.push(requestContext.current()?.trace?.traceId);
    await this.database.execute({ sql: 'select $1::text as secret', parameters: [secret] });
    return this.database.transaction(async (tx) => {
      await sql`select ${secret}::text as inside`.execute(tx.kysely);
      return { id: enqueue(tx, note, { secret }) };
    });
  }

  @OnJob(note)
  async note({ secret }: { secret: string }): Promise<void> {
    traceIds.push(requestContext.current()?.trace?.traceId);
    await this.database.execute({ sql: 'select $1::text as in_job', parameters: [secret] });
    if (secret === 'fails') throw Object.assign(new Error(SECRET), { code: 'E_SPEC' });
  }
}

@Module({ controllers: [TracedController], providers: [TracedController] })
class TracedModule {}

describe('traces', () => {
  const collector = new Collector();
  let database: TestDatabase;
  let api: RunningApi;

  beforeAll(async () => {
    // The SDK's own variable; it sends every five seconds otherwise.
    process.env['OTEL_BSP_SCHEDULE_DELAY'] = '100';
    database = await testDatabase();
    api = await startApi({
      config: loadConfig({
        NODE_ENV: 'test',
        IMBI_PORT: '0',
        IMBI_ANALYTICS: 'false',
        OTEL_EXPORTER_OTLP_ENDPOINT: await collector.start(),
        OTEL_EXPORTER_OTLP_HEADERS: 'x-token=one%20two',
        OTEL_SERVICE_NAME: 'imbi-spec',
      }),
      database: database.databaseConfig,
      analytics: disabledAnalytics(),
      keys: new KeyRing([generateKey()]),
      jobs: true,
      extraModules: [TracedModule],
    });
  });

  afterAll(async () => {
    await api?.stop();
    collector.stop();
    await database?.close();
  });

  async function post(secret: string, headers: Record<string, string> = {}) {
    const response = await fetch(`${api.url}/api/traced/${secret}?token=${SECRET}`, { method: 'POST', headers });
    expect(response.status).toBe(201);
    return response;
  }

  async function eventually(traceId: string, isThere: (spans: ReceivedSpan[]) => boolean): Promise<ReceivedSpan[]> {
    for (const until = Date.now() + 20_000; !isThere(collector.of(traceId)); ) {
      if (Date.now() > until) throw new Error(`only ${collector.of(traceId).map((span) => span.name)}`);
      await sleep(50);
    }
    return collector.of(traceId);
  }

  const isJob = (span: ReceivedSpan) => span.name === 'process tracing-spec/note';

  it('hold a request, its statements, and the job that it caused in one tree', async () => {
    const response = await post(SECRET, { traceparent: `00-${CALLER.traceId}-${CALLER.spanId}-01` });
    const spans = await eventually(CALLER.traceId, (some) => some.some(isJob) && some.some((span) => span.kind === 2));
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    const lineage = spans.map((span) => {
      const names = [span.name];
      for (let up = byId.get(span.parentSpanId ?? ''); up; up = byId.get(up.parentSpanId ?? '')) names.unshift(up.name);
      return names.join(' › ');
    });
    const request = 'POST /api/traced/:secret';
    expect(lineage.sort()).toEqual(
      [
        request,
        `${request} › SELECT`,
        `${request} › transaction`,
        `${request} › transaction › BEGIN`,
        `${request} › transaction › SELECT`,
        `${request} › transaction › WITH`,
        `${request} › transaction › COMMIT`,
        `${request} › transaction › process tracing-spec/note`,
        `${request} › transaction › process tracing-spec/note › SELECT`,
      ].sort(),
    );
    const root = spans.find((span) => span.name === request);
    expect(root).toMatchObject({
      parentSpanId: CALLER.spanId,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/api/traced/:secret',
        'http.response.status_code': 201,
        'imbi.request_id': response.headers.get('x-request-id'),
      },
    });
    expect(traceIds).toEqual([CALLER.traceId, CALLER.traceId]);
    expect([...collector.services]).toEqual(['imbi-spec']);
    expect([...collector.tokens]).toEqual(['one two']);
  });

  it('time statements within what they are part of', async () => {
    const spans = collector.of(CALLER.traceId);
    const [outer] = spans.filter((span) => span.kind === 2);
    const inner = spans.filter((span) => span.parentSpanId === outer?.spanId);
    for (const span of inner) {
      // Times are read from two clocks, which agree to a millisecond or so.
      expect(Number(BigInt(span.startTimeUnixNano) - BigInt(outer?.startTimeUnixNano ?? 0)) / 1e6).toBeGreaterThan(-2);
      expect(Number(BigInt(outer?.endTimeUnixNano ?? 0) - BigInt(span.endTimeUnixNano)) / 1e6).toBeGreaterThan(-2);
    }
  });

  it('have a span for each attempt of a job that fails, with the kind of the error', async () => {
    const traceId = 'a'.repeat(32);
    await post('fails', { traceparent: `00-${traceId}-${CALLER.spanId}-01` });
    const jobs = (await eventually(traceId, (some) => some.filter(isJob).length === 2)).filter(isJob);
    expect(jobs.map((span) => [span.attributes['imbi.job.attempt'], span.attributes['error.type']])).toEqual([
      [1, 'E_SPEC'],
      [2, 'E_SPEC'],
    ]);
    expect(jobs.map((span) => span.status.code)).toEqual([2, 2]);
  });

  it('follow the caller who does not want his request recorded, and leave out what machines ask', async () => {
    const traceId = 'b'.repeat(32);
    await post('unrecorded', { traceparent: `00-${traceId}-${CALLER.spanId}-00` });
    await fetch(`${api.url}/status`);
    const marker = 'c'.repeat(32);
    await post('marker', { traceparent: `00-${marker}-${CALLER.spanId}-01` });
    await eventually(marker, (some) => some.some(isJob));
    expect(collector.of(traceId)).toEqual([]);
    expect(collector.spans.filter((span) => span.name.includes('/status'))).toEqual([]);
  });

  it('never hold a value: not of a statement, an address, a job or an error', () => {
    expect(collector.raw).toContain('select $1::text as secret');
    expect(collector.raw).not.toContain(SECRET);
  });
});

describe('switching traces on', () => {
  it('needs a collector, and is refused with headers that cannot be read', async () => {
    await expect(
      startTracing(loadConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_EXPORTER_OTLP_HEADERS: 'a' })),
    ).rejects.toThrow(ConfigError);
    const off = await startTracing(loadConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', IMBI_TRACING: 'false' }));
    await off.stop();
  });
});
