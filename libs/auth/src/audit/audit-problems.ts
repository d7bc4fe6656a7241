import { DomainError } from '#libs/common';
import { defineProblems } from '#libs/http';

defineProblems({
  audit_export_too_large: {
    status: 422,
    title: 'Too many events for one export',
    cause:
      'More events match than one export may have (`IMBI_AUDIT_EXPORT_MAX_ROWS`). `details` has both numbers. An ' +
      'export is whole or refused, never cut off.',
    remedy: 'Export a shorter span of time at once, by `filter[time][gte]` and `filter[time][lt]`.',
  },
});

export function exportTooLarge(rows: number, maxRows: number): DomainError {
  const message = `The export would have ${rows} events; at most ${maxRows} are allowed.`;
  return new DomainError('audit_export_too_large', 'invalid', message, { details: { rows, max_rows: maxRows } });
}
