import type { OpenAPIObject } from '@nestjs/swagger';
import { BASE_PROBLEMS, codeOfStatus } from '../problem/base-problems.js';
import { PROBLEM_MEDIA_TYPE } from '../problem/to-problem.js';

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

export function problemReference(status: number): { $ref: string } {
  return { $ref: `#/components/responses/Problem${status}` };
}

/** One shared response for each status that can be a problem. */
export function problemResponses(): Responses {
  return Object.fromEntries(DOCUMENTED.map((status) => [`Problem${status}`, problemResponse(status)]));
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
        example: {
          type: `/docs/errors/${code}`,
          title: text.title,
          status,
          detail: text.cause,
          instance: '/api/me',
          code,
          request_id: 'V1StGXR8_Z5jdHi6B-myT',
        },
      },
    },
  };
}

/** Which problems an operation can answer with, from what is known of it. */
export function problemStatuses(operation: {
  method: string;
  path: string;
  access: string;
  limited: boolean;
  conditional: boolean;
}): number[] {
  const { method, path, access } = operation;
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
