import type { JsonObject } from '#libs/common';
import type { GraphTransaction } from '#libs/graph';

/** Injection token of the {@link CatalogAudit}: the catalogue does not know who keeps the audit log. */
export const CATALOG_AUDIT = Symbol('imbi.catalog.audit');

/** What an administrator did, for the audit log. */
export interface CatalogAuditEvent {
  /** Dotted, such as `blueprint.create`. */
  readonly action: string;
  readonly organizationId?: string;
  readonly resourceKind: string;
  readonly resourceId: string;
  readonly detail: JsonObject;
}

export interface CatalogAudit {
  /** Records an event in the transaction of what it describes. */
  record(tx: GraphTransaction, event: CatalogAuditEvent): void;
}
