import { type JsonObject, requestContext } from '#libs/common';
import type { ChangeRecorder } from './change.js';
import type { EdgeDefinition } from './definition.js';
import type { EdgeRow } from './edge-end.js';

/** Records the change of an edge; it belongs to the organization of its start, else of its end. */
export function recordEdge(
  changes: ChangeRecorder,
  definition: EdgeDefinition,
  row: EdgeRow,
  states: { before?: JsonObject; after?: JsonObject },
): void {
  changes.edge({
    definition,
    organizationId: row.from_organization ?? row.to_organization ?? requestContext.current()?.organizationId ?? '',
    from: { label: row.from_label, id: row.from_id },
    to: { label: row.to_label, id: row.to_id },
    graphid: row.graphid,
    ...states,
  });
}
