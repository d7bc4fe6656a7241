import { section, setting } from '../setting.js';

export const tracingSection = section('tracing', 'Traces', {
  endpoint: setting.url({
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    optional: true,
    protocols: ['http', 'https'],
    description: 'An OpenTelemetry collector that takes OTLP over HTTP; without it no traces are made.',
    example: 'http://localhost:4318',
  }),
  enabled: setting.boolean({
    env: 'IMBI_TRACING',
    default: true,
    description: '`false` makes no traces although there is a collector.',
  }),
  headers: setting.secret({
    env: 'OTEL_EXPORTER_OTLP_HEADERS',
    optional: true,
    description: 'Headers for the collector, as `name=value,name=value` with values percent-encoded.',
    example: 'authorization=Bearer%20…',
  }),
  serviceName: setting.text({
    env: 'OTEL_SERVICE_NAME',
    default: 'imbi',
    description: 'What this installation is called in traces.',
    example: 'imbi-staging',
  }),
  samplePercent: setting.integer({
    env: 'IMBI_TRACING_SAMPLE_PERCENT',
    default: 100,
    min: 0,
    max: 100,
    unit: '%',
    description: 'How many of all traces are recorded; a trace is recorded as a whole or not at all.',
  }),
});
