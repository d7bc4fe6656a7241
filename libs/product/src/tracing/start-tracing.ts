import { createLogger, errorMessage, installTracing } from '#libs/common';
import { type Config, ConfigError } from '#libs/config';

const logger = createLogger('tracing');

export interface RunningTracing {
  /** Sends what is left. Never fails: traces are no reason to. */
  stop(): Promise<void>;
}

/**
 * Switches traces on where there is a collector; do it before anything that is to be traced is built. OpenTelemetry is
 * loaded only then.
 * @throws ConfigError where the headers for the collector cannot be read
 */
export async function startTracing({ tracing }: Pick<Config, 'tracing'>): Promise<RunningTracing> {
  const { enabled, endpoint, headers, serviceName, samplePercent } = tracing;
  if (!enabled || endpoint === undefined) return { stop: async () => undefined };
  const { OtlpSpanSource } = await import('./otlp-span-source.js');
  const source = new OtlpSpanSource({
    endpoint,
    headers: readHeaders(headers),
    serviceName,
    sampleRatio: samplePercent / 100,
  });
  installTracing(source);
  logger.info({ serviceName, samplePercent }, 'traces are sent to the collector');
  return {
    stop: async () => {
      installTracing();
      await source
        .close()
        .catch((error) => logger.warn({ reason: errorMessage(error) }, 'the last traces could not be sent'));
    },
  };
}

function readHeaders(text: string | undefined): Record<string, string> {
  const pairs = (text ?? '').split(',').filter((pair) => pair.trim() !== '');
  try {
    return Object.fromEntries(
      pairs.map((pair) => {
        const [, name, value] = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=(.*)$/.exec(pair) ?? [];
        if (name === undefined || value === undefined) throw new Error('no name');
        return [name, decodeURIComponent(value.trim())];
      }),
    );
  } catch {
    // It holds credentials, so it is not quoted.
    throw new ConfigError([
      'OTEL_EXPORTER_OTLP_HEADERS is not a list of headers (for example: OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20…)',
    ]);
  }
}
