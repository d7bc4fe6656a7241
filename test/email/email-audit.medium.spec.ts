import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import {
  Analytics,
  EMAIL_AUDIT,
  type EmailAuditRow,
  embeddedAnalytics,
  platformAnalyticsMigrations,
} from '#libs/analytics';

it('the audit table takes what became of a mail, once, and keeps it for a year', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'imbi-email-audit-'));
  const analytics = new Analytics(embeddedAnalytics({ directory }));
  try {
    if (!(await analytics.ping()).available) return;
    await analytics.migrate(platformAnalyticsMigrations);
    const time = new Date().toISOString();
    const row: EmailAuditRow = {
      email_id: 'V1StGXR8_Z5jdHi6B-myT',
      time,
      recipient: 'ada@example.org',
      template: 'welcome',
      subject: 'Welcome to Imbi',
      status: 'sent',
      error: '',
      attempts: 2,
      sent_at: time,
      user_id: '',
      related_kind: '',
      related_id: '',
    };
    for (let again = 0; again < 2; again += 1) await analytics.insert(EMAIL_AUDIT, [{ ...row }], { token: 'batch' });
    const failed = { ...row, status: 'failed', sent_at: null };
    await analytics.insert(EMAIL_AUDIT, [failed], { token: 'other' });
    const rows = await analytics.query<{ status: string; sent_at: string | null }>(
      `select status, sent_at from ${analytics.table(EMAIL_AUDIT)} order by status`,
    );
    expect(rows.map(({ status, sent_at }) => [status, sent_at === null])).toEqual([
      ['failed', true],
      ['sent', false],
    ]);
    const [table] = await analytics.query<{ text: string }>(
      `select create_table_query as text from system.tables where name = '${EMAIL_AUDIT}'`,
    );
    expect(table?.text).toMatch(/TTL .*toIntervalYear\(1\)/);
  } finally {
    await analytics.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
