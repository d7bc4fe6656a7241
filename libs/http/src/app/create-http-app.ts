import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { type DynamicModule, Module, RequestMethod, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { newId } from '#libs/common';
import type { Config } from '#libs/config';
import { assertRoutesGuarded } from '../access/route-inventory.js';
import { installAccessLog } from '../context/access-log.hook.js';
import { installRequestContext, requestIdOf } from '../context/request-context.hook.js';
import { IdempotencyGuard, installIdempotency } from '../idempotency/idempotency.js';
import { IdempotencyStore } from '../idempotency/idempotency-store.js';
import { ProblemFilter, sendProblem } from '../problem/problem.filter.js';
import { REFUSAL_RECORDER, type RefusalRecorder } from '../problem/refusal-recorder.js';
import { PROBLEM_MEDIA_TYPE, toProblem } from '../problem/to-problem.js';
import { RateLimitGuard } from '../rate-limit/rate-limit.guard.js';
import { RefusedCalls } from '../rate-limit/refused-calls.js';
import { Metrics } from '../status/metrics.js';
import { installRequestMetrics } from '../status/request-metrics.hook.js';
import { DtoValidationPipe } from '../validation/validation.pipe.js';
import { installBodyParsers } from './body-parsers.js';
import { httpModule } from './http.module.js';
import { installRouteHooks } from './route-hooks.js';
import { installSecurity } from './security.js';
import { installUnknownRoutes, REQUEST_AUTHENTICATOR, type RequestAuthenticator } from './unknown-routes.js';

/** Controllers whose paths do not begin with `/api`. */
const OUTSIDE_API = ['status', 'status/ready', 'metrics', 'docs/errors/:code', '.well-known/{*rest}'];

export interface HttpAppOptions {
  /** The installation's secret (≥ 32 bytes), from which cursors and fingerprints are keyed. Random where absent. */
  readonly secret?: Buffer;
  /** More controller paths outside `/api`, in Nest's notation. */
  readonly outsideApi?: readonly string[];
  /** Builds routes without building providers: for emitting the OpenAPI document without any engine. */
  readonly preview?: boolean;
}

/** The application with the whole HTTP base installed, not yet listening. @throws Error where a route is unguarded */
export async function createHttpApp(
  appModule: Type<unknown> | DynamicModule,
  config: Config,
  options: HttpAppOptions = {},
): Promise<NestFastifyApplication> {
  const { server } = config;
  const adapter = new FastifyAdapter({
    bodyLimit: server.bodyLimitKib * 1024,
    trustProxy: server.trustedProxies.length > 0 ? [...server.trustedProxies] : false,
    genReqId: requestIdOf,
    requestIdHeader: false,
    // Requests that still come over open connections while the server stops are served, not refused.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
    clientErrorHandler: answerBrokenRequest,
    // The router refuses these before any hook has run.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      reply.header('x-request-id', request.id);
      sendProblem(error, request, reply);
    },
    skipMiddie: true,
    multipart: false,
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    rootModule(appModule, config, options.secret ?? randomBytes(32)),
    adapter,
    { bodyParser: false, abortOnError: false, logger: false, preview: options.preview },
  );
  assertRoutesGuarded(app);
  app.setGlobalPrefix('api', {
    exclude: [...OUTSIDE_API, ...(options.outsideApi ?? [])].map((path) => ({ path, method: RequestMethod.ALL })),
  });
  app.useGlobalPipes(new DtoValidationPipe());
  if (options.preview) return app;
  app.useGlobalFilters(
    new ProblemFilter(app.get(RefusedCalls), () => optional<RefusalRecorder>(app, REFUSAL_RECORDER)),
  );
  // These follow the guards that modules bring (authentication), in this order.
  app.useGlobalGuards(app.get(RateLimitGuard), app.get(IdempotencyGuard));
  await installHooks(app, config);
  return app;
}

async function installHooks(app: NestFastifyApplication, config: Config): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.decorateRequest('imbiCaller', undefined);
  installRequestContext(fastify);
  if (config.server.accessLog) installAccessLog(fastify);
  installRequestMetrics(fastify, app.get(Metrics));
  installBodyParsers(fastify);
  await installSecurity(fastify, config.server);
  installUnknownRoutes(fastify, {
    authenticator: () => optional<RequestAuthenticator>(app, REQUEST_AUTHENTICATOR),
    limits: app.get(RateLimitGuard),
    refused: app.get(RefusedCalls),
  });
  installRouteHooks(fastify);
  installIdempotency(fastify, () => optional(app, IdempotencyStore));
}

function optional<Provider>(app: NestFastifyApplication, token: symbol | Type<Provider>): Provider | undefined {
  try {
    return app.get<Provider>(token, { strict: false });
  } catch {
    return undefined;
  }
}

function rootModule(appModule: Type<unknown> | DynamicModule, config: Config, secret: Buffer): Type<unknown> {
  @Module({ imports: [httpModule(config, secret), appModule] })
  class RootModule {}
  return RootModule;
}

// What Node's parser refuses never becomes a request, so no hook and no filter sees it.
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const { body } = toProblem(Object.assign(new Error('The request is not valid HTTP.'), { statusCode: 400 }), {
    instance: '/',
    requestId: newId(),
  });
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n` +
      `Connection: close\r\n\r\n${text}`,
  );
}
