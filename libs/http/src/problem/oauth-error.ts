import { JSON_MEDIA_TYPE } from '../app/body-parsers.js';
import type { ProblemAnswer } from './to-problem.js';

/** The codes that OAuth itself knows (RFC 6749, 7009): problems of these names keep them. */
const OAUTH_CODES = new Set([
  'invalid_client',
  'invalid_grant',
  'invalid_request',
  'invalid_scope',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_token_type',
]);
/** RFC 6749 allows no other characters in a description. */
const NOT_ALLOWED = /[^\x20-\x21\x23-\x5b\x5d-\x7e]/g;

/** A problem as clients of OAuth take it: the same members, with OAuth's own two, as plain JSON. */
export function toOAuthError({ status, headers, body }: Pick<ProblemAnswer, 'status' | 'headers' | 'body'>) {
  return {
    type: JSON_MEDIA_TYPE,
    headers: status === 401 ? { ...headers, 'www-authenticate': 'Basic realm="imbi"' } : headers,
    body: { error: oauthCode(status, body.code), error_description: body.detail.replace(NOT_ALLOWED, "'"), ...body },
  };
}

function oauthCode(status: number, code: string): string {
  if (OAUTH_CODES.has(code)) return code;
  if (status === 401) return 'invalid_client';
  if (status === 429 || status === 503) return 'temporarily_unavailable';
  return status >= 500 ? 'server_error' : 'invalid_request';
}
