import { AUDIT_EVENTS, type AuditEventRow } from '#libs/analytics';
import { currentActor, type JsonObject, newId, requestContext } from '#libs/common';
import type { Transaction } from '#libs/database';

/** What happened, in the words of the audit log; who, where from and when are taken from the request. */
export interface AuditEvent {
  /** Dotted, such as `auth.login`. */
  readonly action: string;
  readonly outcome: 'success' | 'failure' | 'denied';
  readonly organizationId?: string;
  readonly resourceKind?: string;
  readonly resourceId?: string;
  /** A stable word for why, where it failed or was denied. */
  readonly reason?: string;
  readonly credentialId?: string;
  /** Never a secret, a password or a token. */
  readonly detail?: JsonObject;
}

/** Records an event in the transaction of what it describes: both are stored or neither. */
export function recordAudit(tx: Transaction, event: AuditEvent): void {
  addAuditRow(tx, auditRow(event));
}

/** An event as it is stored, with what the request that is being served says of it. */
export function auditRow(event: AuditEvent): AuditEventRow {
  const context = requestContext.current();
  const actor = currentActor();
  return {
    event_id: newId(),
    time: new Date().toISOString(),
    organization_id: event.organizationId ?? context?.organizationId ?? '',
    actor_kind: actor.kind,
    actor_id: actor.id,
    actor_name: actor.name,
    credential_id: event.credentialId ?? context?.credentialId ?? '',
    action: event.action,
    outcome: event.outcome,
    resource_kind: event.resourceKind ?? '',
    resource_id: event.resourceId ?? '',
    reason: event.reason ?? '',
    ip: context?.ip ?? '',
    user_agent: context?.userAgent ?? '',
    request_id: context?.requestId ?? '',
    detail: JSON.stringify(event.detail ?? {}),
  };
}

export function addAuditRow(tx: Transaction, row: AuditEventRow): void {
  tx.outbox.add({ topic: 'analytics', name: AUDIT_EVENTS, payload: { ...row } });
}
