import 'reflect-metadata';
import type { JsonObject, Logger } from '#libs/common';
import {
  type EventDefinition,
  type JobDefinition,
  type RetryOptions,
  type RetryPolicy,
  retryPolicy,
} from './job-definition.js';

/** What a handler knows of the run it is in. */
export interface JobContext {
  readonly jobId: string;
  /** 1 at the first try. */
  readonly attempt: number;
  /** Aborted when the run takes longer than it may, or the worker must stop. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** Tells whoever watches the job how far it is: a percentage or any small document. */
  progress(value: number | JsonObject): Promise<void>;
}

/** `everySeconds` counts from the first start of the installation; `cron` has five or six fields. */
export type ScheduleTimes = { everySeconds: number } | { cron: string; timezone?: string };

export type HandlerTarget =
  | { readonly kind: 'job'; readonly job: JobDefinition }
  | { readonly kind: 'event'; readonly event: string; readonly retry: RetryPolicy; readonly isBulk: boolean }
  | { readonly kind: 'schedule'; readonly name: string; readonly times: ScheduleTimes; readonly retry: RetryPolicy };

type HandlerMethod<Payload extends JsonObject> = (payload: Payload, context: JobContext) => Promise<unknown>;
type HandlerDecorator<Payload extends JsonObject> = <Method extends HandlerMethod<Payload>>(
  prototype: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

const HANDLER_METADATA = Symbol('imbi.queue.handlers');

/** Makes the method the one handler of `job`. It must be idempotent and throw to be tried again. */
export function OnJob<Payload extends JsonObject>(job: JobDefinition<Payload>): HandlerDecorator<Payload> {
  return mark({ kind: 'job', job });
}

export interface EventOptions extends RetryOptions {
  /**
   * For events that come by the thousand, as of an import: their runs stand back behind all others that wait, such as
   * those that send a mail.
   */
  bulk?: boolean;
}

/**
 * Makes the method one of the handlers of a domain event. Each handler of an event is retried on its own, under the
 * name `Class.method`: renaming it orphans the runs that are still waiting.
 */
export function OnEvent<Payload extends JsonObject>(
  event: EventDefinition<Payload>,
  options?: EventOptions,
): HandlerDecorator<Payload>;
/** An event by its name alone, for those that may not import who emits it: the payload's type is taken on trust. */
export function OnEvent(event: string, options?: EventOptions): HandlerDecorator<never>;
export function OnEvent(event: EventDefinition | string, options: EventOptions = {}): HandlerDecorator<never> {
  const name = typeof event === 'string' ? event : event.name;
  return mark({ kind: 'event', event: name, retry: retryPolicy(options), isBulk: options.bulk ?? false });
}

const SCHEDULE_NAME = /^[a-z][a-z0-9-]{0,63}$/;

/** Runs the method at its times: once a tick over all worker processes, with an empty payload. */
export function OnSchedule(name: string, times: ScheduleTimes & RetryOptions): HandlerDecorator<Record<string, never>> {
  if (!SCHEDULE_NAME.test(name)) throw new Error(`"${name}" is no schedule name in kebab-case`);
  return mark({ kind: 'schedule', name, times, retry: retryPolicy(times) });
}

/** What the decorators above said about a method. */
export function handlerTargets(method: object): readonly HandlerTarget[] {
  return Reflect.getMetadata(HANDLER_METADATA, method) ?? [];
}

function mark(target: HandlerTarget) {
  return (_prototype: object, key: string | symbol, descriptor: { value?: object }): void => {
    if (!descriptor.value) throw new Error(`${String(key)} is no method`);
    Reflect.defineMetadata(HANDLER_METADATA, [...handlerTargets(descriptor.value), target], descriptor.value);
  };
}
