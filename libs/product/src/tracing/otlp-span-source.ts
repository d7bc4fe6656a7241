import {
  createTraceState,
  DiagLogLevel,
  diag,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import {
  createLogger,
  type Span,
  type SpanAttributes,
  type SpanContext,
  type SpanOptions,
  type SpanSource,
} from '#libs/common';

const SEND_TIMEOUT_MS = 5000;
const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;
const logger = createLogger('tracing');

export interface OtlpOptions {
  /** The collector's address; `/v1/traces` is added to it. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** 0 to 1. */
  readonly sampleRatio: number;
}

/** Spans of OpenTelemetry's SDK, sent in batches by OTLP over HTTP. */
export class OtlpSpanSource implements SpanSource {
  private readonly provider: BasicTracerProvider;
  private readonly tracer: Tracer;

  constructor(options: OtlpOptions) {
    reportFaults();
    const ratio = new TraceIdRatioBasedSampler(options.sampleRatio);
    this.provider = new BasicTracerProvider({
      resource: defaultResource().merge(resourceFromAttributes({ 'service.name': options.serviceName })),
      // Strangers may ask for their requests to be recorded by a flag, so it counts for no more than the ratio does.
      sampler: new ParentBasedSampler({ root: ratio, remoteParentSampled: ratio }),
      spanProcessors: [
        new BatchSpanProcessor(
          new OTLPTraceExporter({
            url: `${options.endpoint.replace(/\/+$/, '')}/v1/traces`,
            headers: { ...options.headers },
            timeoutMillis: SEND_TIMEOUT_MS,
          }),
        ),
      ],
    });
    this.tracer = this.provider.getTracer('imbi');
  }

  start(name: string, options: SpanOptions, parent: SpanContext | undefined): Span {
    const { kind, attributes, startedAt } = options;
    const startTime = startedAt === undefined ? undefined : performance.timeOrigin + startedAt;
    const context = parent ? trace.setSpanContext(ROOT_CONTEXT, toOtel(parent)) : ROOT_CONTEXT;
    return new OtlpSpan(
      this.tracer.startSpan(name, { kind: KINDS[kind], attributes: { ...attributes }, startTime }, context),
    );
  }

  /** Sends what is left. */
  close(): Promise<void> {
    return this.provider.shutdown();
  }
}

class OtlpSpan implements Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;

  constructor(private readonly span: OtelSpan) {
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.traceId = traceId;
    this.spanId = spanId;
    this.sampled = (traceFlags & TraceFlags.SAMPLED) === TraceFlags.SAMPLED;
  }

  set(attributes: SpanAttributes): void {
    this.span.setAttributes({ ...attributes });
  }

  fail(type: string): void {
    this.span.setAttribute('error.type', type);
    this.span.setStatus({ code: SpanStatusCode.ERROR });
  }

  end(): void {
    this.span.end();
  }
}

function toOtel({ traceId, spanId, sampled, remote, tracestate }: SpanContext) {
  return {
    traceId,
    spanId,
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: remote,
    traceState: tracestate === undefined ? undefined : createTraceState(tracestate),
  };
}

// The SDK tells of a collector that does not answer at every batch; once is enough.
function reportFaults(): void {
  let reported = false;
  const report = (reason: string) => {
    if (reported) logger.debug({ reason }, 'traces could not be sent');
    else logger.warn({ reason }, 'traces could not be sent; more of this is logged at debug');
    reported = true;
  };
  const ignore = () => undefined;
  diag.setLogger({ error: report, warn: report, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.WARN);
}
