import type { OpenAPIObject } from '@nestjs/swagger';
import { BASE_PROBLEMS, codeOfStatus } from '../problem/base-problems.js';
import { toOAuthError } from '../problem/oauth-error.js';
import { PROBLEM_MEDIA_TYPE, type Problem } from '../problem/to-problem.js';

type Components = NonNullable<OpenAPIObject['components']>;
type Responses = NonNullable<Components['responses']>;

const DOCUMENTED = [400, 401, 403, 404, 406, 409, 412, 413, 415, 422, 428, 429, 500, 503];

const retryAfter = {
  'Retry-After': { description: 'Seconds after which to try again.', schema: { type: 'integer' as const }, example: 1 },
};
const HEADERS: Readonly<Record<number, Record<string, { description: string; schema: object; example: unknown }>>> = {
  401: {
    'WWW-Authenticate': {
      description: 'How to sign in (RFC 6750).',
      schema: { type: 'string' as const },
      example: 'Bearer realm="imbi"',
    },
  },
  429: retryAfter,
  503: retryAfter,
};

/** What the endpoints of OAuth can answer with. */
const OAUTH_STATUSES = [400, 401, 406, 413, 415, 429, 500, 503];

export function problemReference(status: number, isOAuth = false): { $ref: string } {
  return { $ref: `#/components/responses/${isOAuth ? 'OAuthError' : 'Problem'}${status}` };
}

/** One shared response for each status that can be a problem, and one for each that can be an error of OAuth. */
export function problemResponses(): Responses {
  return Object.fromEntries([
    ...DOCUMENTED.map((status) => [`Problem${status}`, problemResponse(status)] as const),
    ...OAUTH_STATUSES.map((status) => [`OAuthError${status}`, oauthResponse(status)] as const),
  ]);
}

function oauthResponse(status: number): Responses[string] {
  const code = codeOfStatus(status);
  const { headers, type, body } = toOAuthError({ status, headers: {}, body: exampleOf(status, '/api/auth/token') });
  const challenge = headers['www-authenticate'];
  return {
    description: `${BASE_PROBLEMS[code].title}, in the form of RFC 6749.`,
    ...(challenge
      ? { headers: { 'WWW-Authenticate': { ...HEADERS[401]?.['WWW-Authenticate'], example: challenge } } }
      : {}),
    content: { [type]: { schema: { $ref: '#/components/schemas/OAuthErrorDto' }, example: body } },
  };
}

function problemResponse(status: number): Responses[string] {
  const code = codeOfStatus(status);
  const text = BASE_PROBLEMS[code];
  return {
    description: `${text.title}: ${text.cause}`,
    ...(HEADERS[status] ? { headers: HEADERS[status] } : {}),
    content: {
      [PROBLEM_MEDIA_TYPE]: {
        schema: { $ref: '#/components/schemas/ProblemDto' },
        example: exampleOf(status, '/api/me'),
      },
    },
  };
}

function exampleOf(status: number, instance: string): Problem {
  const code = codeOfStatus(status);
  const { title, cause: detail } = BASE_PROBLEMS[code];
  return { type: `/docs/errors/${code}`, title, status, detail, instance, code, request_id: 'V1StGXR8_Z5jdHi6B-myT' };
}

/** Which problems an operation can answer with, from what is known of it. */
export function problemStatuses(operation: {
  method: string;
  path: string;
  access: string;
  limited: boolean;
  conditional: boolean;
  isOAuth?: boolean;
}): readonly number[] {
  const { method, path, access } = operation;
  if (operation.isOAuth) return OAUTH_STATUSES;
  const writes = method !== 'get';
  const hasBody = method === 'post' || method === 'put' || method === 'patch';
  return [
    400,
    ...(access === 'public' ? [] : [401]),
    ...(access === 'public' || access === 'authenticated' ? [] : [403]),
    ...(path.includes('{') ? [404] : []),
    406,
    ...(writes ? [409] : []),
    ...(operation.conditional ? [412] : []),
    ...(hasBody ? [413, 415, 422] : []),
    ...(operation.limited ? [429] : []),
    500,
    503,
  ];
}
