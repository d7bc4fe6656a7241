import type { FastifyRequest } from 'fastify';
import type { DomainError } from '#libs/common';

/** Injection token of the {@link RefusalRecorder}, which the auth feature provides. */
export const REFUSAL_RECORDER = Symbol('imbi.http.refusal-recorder');

/** Keeps a record of who was refused what. */
export interface RefusalRecorder {
  /** Called before the answer is sent, for errors of the kinds `forbidden`, `unauthenticated` and `rate_limited`. */
  recordRefusal(error: DomainError, request: FastifyRequest): Promise<void>;
}
