import { createRequire } from 'node:module';
import { type LoggerOptions, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';
import { requestContext } from './request-context.js';
import { tracing } from './tracing.js';

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  /** Someone must act now; everything else is at most a warning. */
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

export interface LoggingOptions {
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  format: 'json' | 'pretty';
  /** Where lines go instead of the standard output; they are JSON then. */
  destination?: { write(line: string): void };
}

const SECRET_KEYS = [
  'password',
  'token',
  'secret',
  'authorization',
  'cookie',
  'access_token',
  'refresh_token',
  'api_key',
  'client_secret',
];
const redact = { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' };

let root: PinoLogger | undefined;
const named = new Map<string, NamedLogger>();

/** Sets level and format for every logger of the process, those already made included. */
export function configureLogging(options: LoggingOptions): void {
  const { destination } = options;
  const settings: LoggerOptions = {
    level: options.level,
    base: undefined,
    timestamp: stdTimeFunctions.isoTime,
    redact,
    mixin: () => {
      const context = requestContext.current();
      const fields = context ? { request_id: context.requestId } : {};
      const span = tracing.active();
      return span ? { ...fields, trace_id: span.traceId, span_id: span.spanId } : fields;
    },
    transport:
      options.format === 'pretty' && !destination
        ? {
            // By its path: pino would look for it from the callers' files, which source maps may say are elsewhere.
            target: createRequire(import.meta.url).resolve('pino-pretty'),
            options: { translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname', singleLine: true },
          }
        : undefined,
  };
  root = destination ? pino(settings, destination) : pino(settings);
  for (const logger of named.values()) logger.reset();
}

/** A logger that names its part of the system in every line; cheap to make, safe to keep at module level. */
export function createLogger(name: string): Logger {
  const existing = named.get(name);
  if (existing) return existing;
  const logger = new NamedLogger({ part: name });
  named.set(name, logger);
  return logger;
}

// Loggers are made at module load, before the configuration is read; so each binds to the root on first use.
class NamedLogger implements Logger {
  private bound: PinoLogger | undefined;

  constructor(private readonly fields: object) {}

  debug(fields: object, message: string): void {
    this.target.debug(fields, message);
  }

  info(fields: object, message: string): void {
    this.target.info(fields, message);
  }

  warn(fields: object, message: string): void {
    this.target.warn(fields, message);
  }

  error(fields: object, message: string): void {
    this.target.error(fields, message);
  }

  child(fields: object): Logger {
    return new NamedLogger({ ...this.fields, ...fields });
  }

  reset(): void {
    this.bound = undefined;
  }

  private get target(): PinoLogger {
    if (!root) root = pino({ level: 'warn', base: undefined, timestamp: stdTimeFunctions.isoTime, redact });
    this.bound ??= root.child(this.fields);
    return this.bound;
  }
}
