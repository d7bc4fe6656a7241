import { createHmac } from 'node:crypto';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createLogger, DomainError, errorMessage, stableStringify } from '#libs/common';
import { MULTIPART_MEDIA_TYPE } from '../app/incoming-form.js';
import { mediaTypeOf } from '../app/media-type.js';
import { routeSettings } from '../app/route-settings.js';
import { rateLimitCallerOf } from '../rate-limit/rate-limit.decorator.js';
import type { HeldLock, IdempotencyState, IdempotencyStore } from './idempotency-store.js';
import { StoredAnswer } from './stored-answer.js';

const KEY_PATTERN = /^[\x21-\x7e]{1,255}$/;
const KEPT_HEADERS = ['content-type', 'location', 'etag', 'link'];
const logger = createLogger('http');

/** `Idempotency-Key` is not looked at on this route: calling it twice is harmless (sign-in, sign-out). */
export function NoIdempotencyStore(): MethodDecorator {
  return routeSettings({ idempotency: 'ignore' });
}

/** The answer holds a secret: the key is honoured, but a retry is told that the answer was not kept. */
export function SecretAnswer(): MethodDecorator {
  return routeSettings({ idempotency: 'secret' });
}

/**
 * Honours `Idempotency-Key` on every POST. The guard runs last of all guards, because the caller is part of the
 * fingerprint and a refused call must not use up its key; a hook of the POST routes keeps the answer before it is sent.
 * A guard and a hook rather than an interceptor: one interceptor anywhere puts every request through rxjs.
 */
export class IdempotencyGuard implements CanActivate {
  constructor(
    private readonly store: IdempotencyStore | undefined,
    private readonly secret: Buffer,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (request.method !== 'POST') return true;
    const key = request.headers['idempotency-key'];
    if (key === undefined || !this.store || request.routeOptions.config.imbi?.idempotency === 'ignore') return true;
    return this.begin(request, key, this.store);
  }

  private async begin(request: FastifyRequest, key: string | string[], store: IdempotencyStore): Promise<true> {
    if (typeof key !== 'string' || !KEY_PATTERN.test(key)) {
      const message = 'Idempotency-Key must be 1 to 255 printable ASCII characters.';
      throw new DomainError('malformed_idempotency_key', 'malformed', message);
    }
    const identity = { caller: rateLimitCallerOf(request).key, key, fingerprint: this.fingerprint(request) };
    const state = await store.begin(identity);
    if (state.kind !== 'begun') throw refusalOf(state);
    if (request.imbiContext) store.hold(request.imbiContext, { request: identity, lock: state.lock });
    return true;
  }

  // Keyed, because a body may hold a password and a bare digest of it could be tried against a list.
  private fingerprint(request: FastifyRequest): string {
    return createHmac('sha256', this.secret)
      .update(`${request.method} ${request.url}\n${stableStringify(request.body ?? formLength(request))}`)
      .digest('base64url');
  }
}

// A form with a file is not read yet; of a retry of it at least the length is the same.
function formLength({ headers }: FastifyRequest): string | null {
  return mediaTypeOf(headers['content-type']) === MULTIPART_MEDIA_TYPE ? (headers['content-length'] ?? '') : null;
}

function refusalOf(state: Exclude<IdempotencyState, { kind: 'begun' }>): DomainError | StoredAnswer {
  switch (state.kind) {
    case 'running':
      return new DomainError('idempotency_in_progress', 'conflict', 'The same request is still running.', {
        retryAfterSeconds: state.retryAfterSeconds,
      });
    case 'other_request':
      return new DomainError('idempotency_key_reused', 'invalid', 'The key was used for another request.');
    case 'answer_lost': {
      const message = 'The request was carried out before, but its answer was lost. Look at what there is.';
      return new DomainError('idempotency_answer_not_kept', 'conflict', message);
    }
    case 'answered': {
      const { status, headers, body } = state.answer;
      if (headers[NOT_KEPT] === undefined) return new StoredAnswer(status, headers, body);
      return new DomainError('idempotency_answer_not_kept', 'conflict', `The request was answered ${status} before.`);
    }
  }
}

const NOT_KEPT = 'x-imbi-not-kept';

/** Keeps or forgets the answer of each request that the guard let begin. */
export function installIdempotency(fastify: FastifyInstance, store: () => IdempotencyStore | undefined): void {
  fastify.addHook('onRoute', (route) => {
    if (![route.method].flat().includes('POST') || route.config?.imbi?.idempotency === 'ignore') return;
    const before = route.onSend === undefined ? [] : [route.onSend].flat();
    route.onSend = [
      ...before,
      (request, reply, payload, done) => {
        const keeper = store();
        const held = request.imbiContext && keeper?.letGo(request.imbiContext);
        if (!held || !keeper) return done(null, payload);
        conclude(keeper, held, reply, payload)
          // The work is done; that its answer cannot be kept is no reason to withhold it.
          .catch((error: unknown) => logger.warn({ reason: errorMessage(error) }, 'an answer could not be kept'))
          .then(() => done(null, payload), done);
      },
    ];
  });
}

function conclude(store: IdempotencyStore, held: HeldLock, reply: FastifyReply, payload: unknown): Promise<void> {
  const text = payload === undefined || payload === null ? undefined : payload;
  const keepable = reply.statusCode < 500 && (text === undefined || typeof text === 'string');
  if (!keepable) return store.release(held);
  if (reply.routeOptions.config.imbi?.idempotency === 'secret' && reply.statusCode < 400) {
    return store.finish(held, { status: reply.statusCode, headers: { [NOT_KEPT]: 'true' } });
  }
  return store.finish(held, { status: reply.statusCode, headers: keptHeaders(reply), body: text });
}

function keptHeaders(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = reply.getHeader(name);
      return value === undefined ? [] : [[name, String(value)]];
    }),
  );
}
