import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError, requestContext } from '#libs/common';
import { pathOf, sendProblem } from '../problem/problem.filter.js';
import { PROBLEM_MEDIA_TYPE, toProblem } from '../problem/to-problem.js';
import type { RateLimitGuard } from '../rate-limit/rate-limit.guard.js';
import type { RefusedCalls } from '../rate-limit/refused-calls.js';

/** Injection token of the {@link RequestAuthenticator}, which the auth feature provides. */
export const REQUEST_AUTHENTICATOR = Symbol('imbi.http.request-authenticator');

/** Tells who is calling where there is no route and so no guard. */
export interface RequestAuthenticator {
  /** @throws DomainError of kind `unauthenticated` when nobody is signed in */
  authenticate(request: FastifyRequest): Promise<void>;
}

/** Remembers every route by the shape of its path, to tell 405 from 404. */
export class RouteTable {
  private readonly shapes = new Map<string, { pattern: RegExp; methods: Set<string> }>();

  add(url: string, methods: readonly string[]): void {
    if (url.includes('*')) return;
    const known = this.shapes.get(url) ?? { pattern: shapeOf(url), methods: new Set<string>() };
    for (const method of methods) known.methods.add(method);
    this.shapes.set(url, known);
  }

  methodsAt(path: string): string[] {
    const methods = new Set<string>();
    for (const shape of this.shapes.values()) {
      if (shape.pattern.test(path)) for (const method of shape.methods) methods.add(method);
    }
    return [...methods].sort();
  }
}

/** What answering where there is no route takes. */
export interface UnknownRouteParts {
  readonly authenticator: () => RequestAuthenticator | undefined;
  readonly limits: RateLimitGuard;
  readonly refused: RefusedCalls;
}

/**
 * Answers requests that match no route, limited as those that do: under /api only after authentication, so that strangers
 * cannot map it, then 405 with `Allow` where the path exists, else 404.
 */
export function installUnknownRoutes(fastify: FastifyInstance, parts: UnknownRouteParts): void {
  const table = new RouteTable();
  fastify.addHook('onRoute', (route) => table.add(route.url, [route.method].flat()));
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done();
    answer(request, reply, table, parts)
      .catch((error: unknown) =>
        parts.refused.count(error, request, reply).then((problem) => sendProblem(problem, request, reply)),
      )
      .catch((error: unknown) => sendProblem(error, request, reply));
  });
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  table: RouteTable,
  { authenticator, limits }: UnknownRouteParts,
): Promise<void> {
  const path = pathOf(request.url);
  if (path.startsWith('/api')) await authenticator()?.authenticate(request);
  await limits.limit(request, reply);
  const methods = table.methodsAt(path);
  if (methods.length === 0) throw new DomainError('not_found', 'not_found', 'There is nothing at this address.');
  sendMethodNotAllowed(request, reply, methods);
}

function sendMethodNotAllowed(request: FastifyRequest, reply: FastifyReply, methods: readonly string[]): void {
  const message = `${request.method} is not possible here, only ${methods.join(', ')}.`;
  // 405 is not a kind of domain error: no service can know of methods.
  const problem = toProblem(new DomainError('method_not_allowed', 'not_found', message), {
    instance: pathOf(request.url),
    requestId: requestContext.current()?.requestId ?? request.id,
  });
  reply
    .code(405)
    .header('allow', methods.join(', '))
    .type(PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify({ ...problem.body, status: 405 }));
}

function shapeOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((segment) => (segment.startsWith(':') ? '[^/]+' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('/');
  return new RegExp(`^${source}/?$`);
}
