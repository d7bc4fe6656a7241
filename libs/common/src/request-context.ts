import { AsyncLocalStorage } from 'node:async_hooks';
import type { Span } from './span.js';

export type ActorKind = 'user' | 'service_account' | 'system' | 'anonymous';

/** Who causes a change; recorded with every change, job and audit row. */
export interface Actor {
  readonly kind: ActorKind;
  readonly id: string;
  readonly name: string;
}

export interface RequestContext {
  readonly requestId: string;
  actor: Actor;
  organizationId?: string;
  /** The session or API key the actor came with. */
  credentialId?: string;
  ip?: string;
  userAgent?: string;
  /** The span of the whole request or job, where traces are on. */
  trace?: Span;
}

export const SYSTEM_ACTOR: Actor = Object.freeze({ kind: 'system', id: 'system', name: 'Imbi' });
export const ANONYMOUS_ACTOR: Actor = Object.freeze({ kind: 'anonymous', id: 'anonymous', name: 'Anonymous' });

const storage = new AsyncLocalStorage<RequestContext>();

/** The context of the request, job or command that is being served, carried by AsyncLocalStorage. */
export const requestContext = {
  current(): RequestContext | undefined {
    return storage.getStore();
  },
  run<Result>(context: RequestContext, work: () => Result): Result {
    return storage.run(context, work);
  },
};

/** The acting principal, or the system itself outside any request. */
export function currentActor(): Actor {
  return storage.getStore()?.actor ?? SYSTEM_ACTOR;
}
