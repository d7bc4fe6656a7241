import { defineProblems } from './problem-registry.js';

/** The problems that the HTTP base itself answers with. */
export const BASE_PROBLEMS = defineProblems({
  malformed_request: {
    status: 400,
    title: 'Malformed request',
    cause: 'The request could not be read: its URL, a header or its framing is broken.',
    remedy: 'Correct the request; `detail` says which part could not be read.',
  },
  malformed_json: {
    status: 400,
    title: 'Malformed JSON',
    cause: 'The body says it is JSON, and is not.',
    remedy: 'Send valid JSON in UTF-8.',
  },
  malformed_form: {
    status: 400,
    title: 'Malformed form',
    cause: 'The multipart form breaks off, cannot be read, or has other parts than one file in the field `file`.',
    remedy:
      'Send `multipart/form-data` with a single part called `file`; most clients make it from a file by themselves.',
  },
  empty_body: {
    status: 400,
    title: 'Empty body',
    cause: 'The route needs a body and none was sent.',
    remedy: 'Send the document that the OpenAPI description of the operation asks for.',
  },
  unsafe_json: {
    status: 400,
    title: 'Unsafe JSON',
    cause:
      'The body holds what no engine keeps unchanged: the keys `__proto__`, `constructor` or `prototype`, nesting ' +
      'over 32 levels, U+0000, a lone surrogate, or an integer beyond ±(2^53 − 1).',
    remedy: 'Remove or re-encode the value that `errors[0].pointer` points at.',
  },
  invalid_parameters: {
    status: 400,
    title: 'Invalid parameters',
    cause: 'A query or path parameter is unknown, missing or not of its type.',
    remedy: 'Correct the parameters listed in `errors`; each `pointer` is `/` and the name of the parameter.',
  },
  malformed_cursor: {
    status: 400,
    title: 'Malformed cursor',
    cause: 'The `cursor` was changed, or comes from another list, another sort order or other filters.',
    remedy: 'Start again without `cursor`, and pass `next_cursor` back exactly as it came, with the same query.',
  },
  read_only_field: {
    status: 400,
    title: 'Read-only field',
    cause: 'The document sets a field that only the server writes, such as `id`, `version` or `created_at`.',
    remedy: 'Leave out the fields listed in `errors`.',
  },
  malformed_patch: {
    status: 400,
    title: 'Malformed patch',
    cause: 'The body is neither a JSON merge patch (an object) nor a JSON patch (an array of operations).',
    remedy: 'See RFC 7396 and RFC 6902; `errors` points at the operation that cannot be read.',
  },
  malformed_precondition: {
    status: 400,
    title: 'Malformed precondition',
    cause: '`If-Match` or `If-None-Match` holds something that is no entity tag.',
    remedy: 'Send the `ETag` of the last answer unchanged, quotes included, or `*`.',
  },
  malformed_idempotency_key: {
    status: 400,
    title: 'Malformed idempotency key',
    cause: '`Idempotency-Key` is empty, longer than 255 characters, or not printable ASCII.',
    remedy: 'Use a fresh UUID for every operation and the same one for its retries.',
  },
  unauthenticated: {
    status: 401,
    title: 'Not signed in',
    cause: 'The request carries no credential, or one that is expired, revoked or not valid.',
    remedy: 'Sign in, refresh the token, or send a valid API key in `Authorization: Bearer …`.',
  },
  forbidden: {
    status: 403,
    title: 'Forbidden',
    cause: 'The caller is known and lacks the permission that the operation needs (`x-permission`).',
    remedy: 'Ask an administrator of the organization for a role that grants it.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    cause: 'There is nothing at this address, or nothing that the caller may see.',
    remedy: 'Check the address and the organization in it.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    cause: 'The address exists and does not know this method.',
    remedy: 'Use one of the methods in the `Allow` header.',
  },
  not_acceptable: {
    status: 406,
    title: 'Not acceptable',
    cause: 'The `Accept` header takes none of the media types that the operation can answer with.',
    remedy: 'Send `Accept: application/json`, or no `Accept` at all.',
  },
  conflict: {
    status: 409,
    title: 'Conflict',
    cause: 'The operation contradicts the present state; `detail` names the clash.',
    remedy: 'Read the present state, decide, and try again.',
  },
  patch_test_failed: {
    status: 409,
    title: 'Patch test failed',
    cause: 'A `test` operation of the JSON patch did not hold, so that none of the patch was applied.',
    remedy: 'Read the resource again and make a new patch.',
  },
  idempotency_in_progress: {
    status: 409,
    title: 'Still running',
    cause: 'A request with the same `Idempotency-Key` is still being worked on.',
    remedy: 'Wait for `Retry-After` and send the same request again.',
  },
  idempotency_answer_not_kept: {
    status: 409,
    title: 'Answer not kept',
    cause:
      'The request was carried out before; its answer held a secret and was not stored, or was lost with the process ' +
      'that had it.',
    remedy: 'Look at what there is; revoke a secret that nobody received, and create another with a new key.',
  },
  precondition_failed: {
    status: 412,
    title: 'Precondition failed',
    cause: 'The resource has changed since the version in `If-Match`, or exists despite `If-None-Match: *`.',
    remedy: 'Read it again, merge, and send the new `ETag`.',
  },
  payload_too_large: {
    status: 413,
    title: 'Body too large',
    cause: 'The body is larger than this route takes (1 MiB unless the installation says otherwise).',
    remedy: 'Send less at once, for example in several batches.',
  },
  uri_too_long: {
    status: 414,
    title: 'Address too long',
    cause: 'A part of the path is longer than any identifier can be.',
    remedy: 'Check the identifiers in the address.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    cause: 'The `Content-Type` of the body is none that the operation takes.',
    remedy: 'Use `application/json`; for PATCH one of the types in the `Accept-Patch` header.',
  },
  validation_failed: {
    status: 422,
    title: 'Validation failed',
    cause: 'The document is well-formed and breaks a rule.',
    remedy: 'Correct the fields listed in `errors`; each `pointer` is a JSON pointer into the body.',
  },
  patch_failed: {
    status: 422,
    title: 'Patch failed',
    cause: 'An operation of the JSON patch points at something that is not there, so that nothing was applied.',
    remedy: 'Read the resource again and make a patch against what it is now.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'Idempotency key reused',
    cause: 'The `Idempotency-Key` was used before for another request.',
    remedy: 'Use a new key for every new operation.',
  },
  precondition_required: {
    status: 428,
    title: 'Precondition required',
    cause: 'The operation refuses to run without `If-Match`.',
    remedy: 'Read the resource and send its `ETag` in `If-Match`.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    cause: 'The caller has used up what the policy in `RateLimit-Policy` allows.',
    remedy: 'Wait for `Retry-After` seconds.',
  },
  internal_error: {
    status: 500,
    title: 'Internal error',
    cause: 'A fault of the server. It is logged under `request_id`; the answer says nothing more on purpose.',
    remedy: 'Try again; if it stays, report the `request_id`.',
  },
  unavailable: {
    status: 503,
    title: 'Temporarily unavailable',
    cause: 'Something the server depends on cannot be reached, or the server is overloaded or shutting down.',
    remedy: 'Try again after `Retry-After` seconds.',
  },
});

const CODE_OF_STATUS = new Map<number, keyof typeof BASE_PROBLEMS>([
  [401, 'unauthenticated'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [405, 'method_not_allowed'],
  [406, 'not_acceptable'],
  [409, 'conflict'],
  [412, 'precondition_failed'],
  [413, 'payload_too_large'],
  [414, 'uri_too_long'],
  [415, 'unsupported_media_type'],
  [422, 'validation_failed'],
  [428, 'precondition_required'],
  [429, 'rate_limited'],
  [503, 'unavailable'],
]);

/** The base problem for a bare HTTP status, as errors of libraries carry it. */
export function codeOfStatus(status: number): keyof typeof BASE_PROBLEMS {
  return CODE_OF_STATUS.get(status) ?? (status < 500 ? 'malformed_request' : 'internal_error');
}
