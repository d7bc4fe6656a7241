import { Injectable } from '@nestjs/common';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface MetricDescription<Label extends string> {
  /** Prometheus name with its unit, such as `imbi_outbox_age_seconds`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
}

const LATENCY_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * The process's metrics, in Prometheus' text format at /metrics. Parts add their own; a gauge with `collect` is read
 * only when somebody scrapes.
 */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  private readonly latency: Histogram<'method' | 'route' | 'status'>;
  private readonly latencyOf = new Map<string, Histogram.Internal<'method' | 'route' | 'status'>>();

  constructor() {
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 20 });
    this.latency = new Histogram({
      name: 'imbi_http_request_duration_seconds',
      help: 'Time from the first byte of a request to the last of its answer, by route template.',
      labelNames: ['method', 'route', 'status'],
      buckets: LATENCY_BUCKETS_SECONDS,
      registers: [this.registry],
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  render(): Promise<string> {
    return this.registry.metrics();
  }

  /** Called for every request, so the labels of a series are hashed once and not again. */
  observeRequest(method: string, route: string, status: number, seconds: number): void {
    const key = `${method} ${route} ${status}`;
    let series = this.latencyOf.get(key);
    if (!series) {
      series = this.latency.labels(method, route, String(status));
      this.latencyOf.set(key, series);
    }
    series.observe(seconds);
  }

  /** @param collect returns the value, or one value a label combination, at each scrape */
  gauge<Label extends string>(
    description: MetricDescription<Label>,
    collect: () => GaugeReading<Label> | Promise<GaugeReading<Label>>,
  ): void {
    new Gauge<Label>({
      ...this.common(description),
      async collect() {
        const reading = await collect();
        this.reset();
        if (typeof reading === 'number') this.set(reading);
        else for (const { labels, value } of reading) this.set(labels, value);
      },
    });
  }

  counter<Label extends string>(description: MetricDescription<Label>): Counter<Label> {
    return new Counter<Label>(this.common(description));
  }

  histogram<Label extends string>(description: MetricDescription<Label> & { buckets?: number[] }): Histogram<Label> {
    return new Histogram<Label>({
      ...this.common(description),
      buckets: description.buckets ?? LATENCY_BUCKETS_SECONDS,
    });
  }

  private common<Label extends string>({ name, help, labels }: MetricDescription<Label>) {
    return { name, help, labelNames: [...(labels ?? [])], registers: [this.registry] };
  }
}

export type GaugeReading<Label extends string> =
  | number
  | readonly { readonly labels: Readonly<Record<Label, string>>; readonly value: number }[];
