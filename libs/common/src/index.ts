export { errorMessage, sleep } from './async.js';
export { Batch, type BatchLimits } from './batch.js';
export {
  DomainError,
  type DomainErrorOptions,
  ERROR_KINDS,
  type ErrorKind,
  type FieldError,
  invalid,
  isDomainError,
  notFound,
} from './domain-error.js';
export { type Envelope, seal, unseal } from './envelope.js';
export {
  ID_LENGTH,
  ID_PATTERN,
  isId,
  isSlug,
  newId,
  SLUG_MAX_LENGTH,
  SLUG_PATTERN,
  slugify,
} from './identifier.js';
export {
  assertSafeJson,
  isJsonObject,
  JSON_MAX_DEPTH,
  type JsonObject,
  type JsonScalar,
  type JsonValue,
  jsonPointer,
  stableStringify,
} from './json.js';
export { configureLogging, createLogger, type Logger, type LoggingOptions } from './logger.js';
export { RecentMap } from './recent-map.js';
export {
  type Actor,
  type ActorKind,
  ANONYMOUS_ACTOR,
  currentActor,
  type RequestContext,
  requestContext,
  SYSTEM_ACTOR,
} from './request-context.js';
export {
  formatTraceparent,
  parseTraceparent,
  type Span,
  type SpanAttributes,
  type SpanContext,
  type SpanKind,
  type SpanOptions,
  type SpanSource,
} from './span.js';
export { errorType, installTracing, tracing } from './tracing.js';
