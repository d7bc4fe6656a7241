import './problem/base-problems.js';

export {
  ACCESS_METADATA,
  type AccessRule,
  Authenticated,
  accessRuleName,
  accessRuleOf,
  accessRulesOf,
  type GuardedResource,
  type PermissionPlace,
  Public,
  RequirePermission,
} from './access/access.decorator.js';
export { assertRoutesGuarded, type ControllerRoute, listRoutes } from './access/route-inventory.js';
export { createHttpApp, type HttpAppOptions } from './app/create-http-app.js';
export { RATE_LIMIT_POLICIES } from './app/http.module.js';
export { deriveHttpKeys, HTTP_KEYS, type HttpKeys } from './app/http-keys.js';
export { ConsumesFile, FormBody, type IncomingFile, type IncomingForm } from './app/incoming-form.js';
export { BodyLimit, Consumes, OAuthErrors, Produces } from './app/route-settings.js';
export { shutdownGracefully } from './app/shutdown.js';
export { REQUEST_AUTHENTICATOR, type RequestAuthenticator } from './app/unknown-routes.js';
export { NoIdempotencyStore, SecretAnswer } from './idempotency/idempotency.js';
export { IdempotencyStore } from './idempotency/idempotency-store.js';
export { CursorCodec, type CursorScope } from './list/cursor.js';
export {
  FILTER_OPERATORS,
  type Filter,
  type FilterField,
  type FilterFieldType,
  type FilterOperator,
  isFilterParameter,
  parseFilters,
} from './list/filter.js';
export {
  type ListPosition,
  toCursorPosition,
  toGraphFilter,
  toGraphOrder,
  toKeysetPosition,
} from './list/graph-list.js';
export {
  DEFAULT_PAGE_LIMIT,
  FilterQueryDto,
  MAX_PAGE_LIMIT,
  type Page,
  PageOf,
  PageQueryDto,
} from './list/page.dto.js';
export { Filtered, Paged } from './list/paged.decorator.js';
export { type ListDefinition, type ListRequest, Pages } from './list/pages.js';
export { parseSort, type SortKey } from './list/sort.js';
export { buildOpenApiDocument, type OpenApiDocument } from './openapi/build-document.js';
export { filterParameters } from './openapi/filter-schemas.js';
export { ANY_JSON } from './openapi/json-schemas.js';
export { lintOpenApi } from './openapi/lint-document.js';
export type { OpenApiInfo, ParameterText } from './openapi/product-texts.js';
export { serveOpenApi } from './openapi/swagger-ui.js';
export {
  type ApplyPatchOptions,
  applyPatch,
  JSON_PATCH_MEDIA_TYPE,
  MERGE_PATCH_MEDIA_TYPE,
  PATCH_MEDIA_TYPES,
  type PatchDocument,
} from './patch/apply-patch.js';
export { toDocument, writableDocument } from './patch/document.js';
export { PatchBody, Patches } from './patch/patch-body.decorator.js';
export { FieldErrorDto, ProblemDto } from './problem/problem.dto.js';
export { documentProblems } from './problem/problem-pages.js';
export { defineProblems, type ProblemText, problemTexts } from './problem/problem-registry.js';
export { REFUSAL_RECORDER, type RefusalRecorder } from './problem/refusal-recorder.js';
export { type Problem, toProblem } from './problem/to-problem.js';
export type { RateLimitPolicies, RateLimitPolicy, RateLimitPolicyName } from './rate-limit/policies.js';
export { RateLimit, type RateLimitCaller, setRateLimitCaller } from './rate-limit/rate-limit.decorator.js';
export { RateLimiter, type RateLimitState } from './rate-limit/rate-limiter.js';
export { type HealthCheck, HealthRegistry, type HealthReport } from './status/health.js';
export { type MetricDescription, Metrics } from './status/metrics.js';
export { invalidParameters, validateDocument, validateParameters } from './validation/document-validator.js';
export { SERVER_OWNED_FIELDS } from './validation/server-owned-fields.js';
export { entityTag, parseIfMatch } from './versioning/entity-tag.js';
export { assertExpected, type Expectation } from './versioning/expectation.js';
export { Accepts, IfMatch, IfNoneMatch, Location, VersionedResponse } from './versioning/versioning.decorator.js';
