import { randomBytes } from 'node:crypto';
import { currentActor, type JsonObject, requestContext } from '#libs/common';
import type { OutboxBuffer } from '#libs/database';
import type { EdgeDefinition, VertexDefinition } from './definition.js';
import { redact } from './property-codec.js';

/** One end of an edge, as the history names it. */
export interface RecordedEnd {
  readonly label: string;
  readonly id: string;
}

interface Change {
  readonly organizationId: string;
  readonly before?: JsonObject;
  readonly after?: JsonObject;
}

interface VertexChange extends Change {
  readonly definition: VertexDefinition;
}

interface EdgeChange extends Change {
  readonly definition: EdgeDefinition;
  readonly from: RecordedEnd;
  readonly to: RecordedEnd;
  /** Tells parallel edges apart; only where the label allows them. */
  readonly graphid?: string;
}

/** Writes the changes of a transaction into its outbox, as rows of the analytics table `entity_changes`. */
export class ChangeRecorder {
  constructor(private readonly outbox: OutboxBuffer) {}

  vertex({ definition, organizationId, before, after }: VertexChange): void {
    if (definition.history === 'none') return;
    const stored = after ?? before ?? {};
    this.add({
      organization_id: organizationId,
      entity_kind: 'vertex',
      label: definition.label,
      entity_id: stored['id'] ?? '',
      version: stored['version'] ?? 0,
      ...states(definition, before, after),
      from_label: '',
      from_id: '',
      to_label: '',
      to_id: '',
    });
  }

  edge({ definition, organizationId, from, to, graphid, before, after }: EdgeChange): void {
    if (definition.history === 'none') return;
    const name = `${from.id}:${definition.label}:${to.id}`;
    this.add({
      organization_id: organizationId,
      entity_kind: 'edge',
      label: definition.label,
      entity_id: definition.unique === 'none' && graphid !== undefined ? `${name}:${graphid}` : name,
      version: 0,
      ...states(definition, before, after),
      from_label: from.label,
      from_id: from.id,
      to_label: to.label,
      to_id: to.id,
    });
  }

  private add(row: JsonObject): void {
    const actor = currentActor();
    const payload: JsonObject = {
      change_id: changeId(),
      time: new Date().toISOString(),
      actor_kind: actor.kind,
      actor_id: actor.id,
      actor_name: actor.name,
      request_id: requestContext.current()?.requestId ?? '',
      ...row,
    };
    this.outbox.add({ topic: 'analytics', name: 'entity_changes', payload });
  }
}

function states(definition: VertexDefinition | EdgeDefinition, before?: JsonObject, after?: JsonObject): JsonObject {
  const text = (stored?: JsonObject) => (stored ? JSON.stringify(redact(definition.properties, stored)) : '');
  const changed = after ? 'update' : 'delete';
  return { operation: before ? changed : 'create', before: text(before), after: text(after) };
}

let lastId = 0;

// Readers break ties of time by this id, and an edge has no version: so ids of one process sort as they were made.
function changeId(): string {
  lastId = Math.max(lastId + 1, Date.now() * 1000);
  return lastId.toString(36).padStart(11, '0') + randomBytes(5).toString('hex');
}
