import type { JsonScalar } from '#libs/common';
import type { Filter, ListDefinition } from '#libs/http';

/** What the audit log can be searched by; the names are those of its columns. */
export const AUDIT_LIST: ListDefinition = {
  sortable: [],
  filterable: {
    time: { type: 'datetime' },
    organization_id: { type: 'text' },
    actor_kind: { type: 'text', values: ['user', 'service_account', 'system', 'anonymous'] },
    actor_id: { type: 'text' },
    credential_id: { type: 'text' },
    action: { type: 'text' },
    outcome: { type: 'text', values: ['success', 'failure', 'denied'] },
    resource_kind: { type: 'text' },
    resource_id: { type: 'text' },
    reason: { type: 'text' },
    ip: { type: 'text' },
    request_id: { type: 'text' },
  },
};

/** The same within one organization, which the URL names. */
export const ORGANIZATION_AUDIT_LIST: ListDefinition = {
  sortable: [],
  filterable: Object.fromEntries(
    Object.entries(AUDIT_LIST.filterable).filter(([field]) => field !== 'organization_id'),
  ),
};

/** Conditions as SQL over the columns of the audit log, and the parameters they name. */
export interface AuditConditions {
  readonly sql: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  /** No event that fulfils them is older, in milliseconds. */
  readonly from?: number;
  /** No event that fulfils them is as new or newer, in milliseconds. */
  readonly to?: number;
}

interface AuditScope {
  readonly organizationId?: string;
  readonly actionPrefix?: string;
}

const COMPARISONS = { eq: '=', ne: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/** @param filters as `parseFilters` makes them, so that every field is one of {@link AUDIT_LIST} */
export function auditConditions(filters: readonly Filter[], { organizationId, actionPrefix }: AuditScope = {}) {
  const sql: string[] = [];
  const parameters: Record<string, string> = {};
  const bind = (value: JsonScalar, type = 'String') => {
    const name = `p${Object.keys(parameters).length}`;
    parameters[name] = type === 'String' ? String(value) : toTimeParameter(String(value));
    return `{${name}:${type}}`;
  };
  if (organizationId !== undefined) sql.push(`organization_id = ${bind(organizationId)}`);
  if (actionPrefix !== undefined) sql.push(`startsWith(action, ${bind(actionPrefix)})`);
  for (const filter of filters) sql.push(condition(filter, bind));
  return { sql, parameters, ...timeBounds(filters) } satisfies AuditConditions;
}

function condition({ field, op, value }: Filter, bind: (value: JsonScalar, type?: string) => string): string {
  const type = field === 'time' ? `DateTime64(3, 'UTC')` : 'String';
  if (op === 'exists') return field === 'time' ? String(value) : `${field} ${value === true ? '!=' : '='} ''`;
  if (op === 'in' || op === 'nin') {
    const values = toList(value).map((one) => bind(one, type));
    return `${field} ${op === 'in' ? 'in' : 'not in'} (${values.join(', ')})`;
  }
  const operand = bind(toList(value)[0] ?? null, type);
  if (op === 'contains') return `positionCaseInsensitiveUTF8(${field}, ${operand}) > 0`;
  return `${field} ${COMPARISONS[op]} ${operand}`;
}

function timeBounds(filters: readonly Filter[]): { from?: number; to?: number } {
  const times = filters.flatMap(({ field, op, value }) =>
    field === 'time' && typeof value === 'string' ? [{ op, at: Date.parse(value) }] : [],
  );
  const lower = times.flatMap(({ op, at }) => (op === 'gt' || op === 'gte' || op === 'eq' ? [at] : []));
  const upper = times.flatMap(({ op, at }) => (op === 'lt' ? [at] : op === 'lte' || op === 'eq' ? [at + 1] : []));
  return {
    ...(lower.length > 0 && { from: Math.max(...lower) }),
    ...(upper.length > 0 && { to: Math.min(...upper) }),
  };
}

function toList(value: Filter['value']): readonly JsonScalar[] {
  return isList(value) ? value : [value];
}

function isList(value: Filter['value']): value is readonly JsonScalar[] {
  return Array.isArray(value);
}

/** A bound DateTime64 is read by the strict parser, which knows neither the T nor the Z of ISO 8601. */
export function toTimeParameter(iso: string): string {
  return iso.replace('T', ' ').replace('Z', '');
}
