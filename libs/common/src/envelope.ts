import { newId } from './identifier.js';
import { isJsonObject, type JsonObject, type JsonValue } from './json.js';
import {
  type Actor,
  type ActorKind,
  currentActor,
  type RequestContext,
  requestContext,
  SYSTEM_ACTOR,
} from './request-context.js';
import { parseTraceparent, type SpanContext } from './span.js';
import { tracing } from './tracing.js';

/** What travels with a payload, so that the handler acts in the name of whoever caused the work. */
export interface Envelope {
  readonly data: JsonObject;
  readonly context: RequestContext;
  /** The span in which the work was caused. */
  readonly cause?: SpanContext;
}

/** Wraps a payload together with the current actor, request, organization and span. */
export function seal(data: JsonObject): JsonObject {
  const { kind, id, name } = currentActor();
  const context = requestContext.current();
  const sealed: JsonObject = { data, actor: { kind, id, name }, request_id: context?.requestId ?? newId() };
  if (context?.organizationId) sealed['organization_id'] = context.organizationId;
  const traceparent = tracing.traceparent();
  if (traceparent) sealed['traceparent'] = traceparent;
  return sealed;
}

/** Reads what {@link seal} wrote; anything missing is filled by the system's own context. */
export function unseal(sealed: unknown): Envelope {
  const fields = isJsonObject(sealed) ? sealed : {};
  const context: RequestContext = {
    requestId: text(fields['request_id']) ?? newId(),
    actor: readActor(fields['actor']),
    organizationId: text(fields['organization_id']),
  };
  const cause = parseTraceparent(text(fields['traceparent']));
  return { data: isJsonObject(fields['data']) ? fields['data'] : {}, context, cause };
}

const ACTOR_KINDS: readonly ActorKind[] = ['user', 'service_account', 'system', 'anonymous'];

function readActor(value: JsonValue | undefined): Actor {
  if (!isJsonObject(value)) return SYSTEM_ACTOR;
  const kind = ACTOR_KINDS.find((candidate) => candidate === value['kind']);
  const id = text(value['id']);
  if (!kind || !id) return SYSTEM_ACTOR;
  return { kind, id, name: text(value['name']) ?? id };
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
