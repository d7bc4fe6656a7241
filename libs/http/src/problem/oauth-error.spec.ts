import { expect, it } from '@jest/globals';
import { toOAuthError } from './oauth-error.js';

it.each([
  [400, 'invalid_scope', 'invalid_scope'],
  [400, 'malformed_request', 'invalid_request'],
  [401, 'invalid_client', 'invalid_client'],
  [401, 'unauthenticated', 'invalid_client'],
  [415, 'unsupported_media_type', 'invalid_request'],
  [429, 'rate_limited', 'temporarily_unavailable'],
  [500, 'internal_error', 'server_error'],
  [503, 'unavailable', 'temporarily_unavailable'],
])('a %i with code %s is the error %s, and still a problem', (status, code, error) => {
  const problem = {
    type: `/docs/errors/${code}`,
    title: 'Title',
    status,
    detail: 'The “secret” is \\wrong".',
    instance: '/api/auth/token',
    code,
    request_id: 'id',
  };
  const answer = toOAuthError({ status, headers: { 'retry-after': '1' }, body: problem });
  expect(answer.type).toBe('application/json');
  expect(answer.body).toEqual({ ...problem, error, error_description: "The 'secret' is 'wrong'." });
  const challenge = status === 401 ? { 'www-authenticate': 'Basic realm="imbi"' } : {};
  expect(answer.headers).toEqual({ 'retry-after': '1', ...challenge });
});
