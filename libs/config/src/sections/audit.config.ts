import { section, setting } from '../setting.js';

export const auditSection = section('audit', 'Audit', {
  exportMaxRows: setting.integer({
    env: 'IMBI_AUDIT_EXPORT_MAX_ROWS',
    default: 1_000_000,
    min: 1,
    max: 100_000_000,
    unit: 'rows',
    description: 'The most events that one export of the audit log may have; one with more is refused.',
  }),
});
