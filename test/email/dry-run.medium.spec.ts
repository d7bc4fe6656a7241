import { expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { Database } from '#libs/database';
import { EmailSender } from '#libs/email';
import { runningProduct } from '../../libs/product/test/running-product.js';

// Port 9 discards: nobody answers there, so that a mail that was sent all the same would fail.
it.each([
  ['dry_run', { IMBI_MAIL_DRY_RUN: 'true', SMTP_URL: 'smtp://127.0.0.1:9' }],
  ['skipped', { IMBI_MAIL_ENABLED: 'false', SMTP_URL: 'smtp://127.0.0.1:9' }],
  ['failed', {}],
])('a mail ends as %s with the settings %j, and the product starts all the same', async (status, env) => {
  const product = await runningProduct(env);
  try {
    const database = product.api.app.get(Database, { strict: false });
    const variables = { name: 'Ada', email: 'ada@example.org', sign_in_url: 'https://imbi.example.org' };
    const mail = { to: 'ada@example.org', template: 'welcome', variables } as const;
    await database.transaction((tx) => product.api.app.get(EmailSender, { strict: false }).send(tx, mail));
    const deadline = Date.now() + 15_000;
    let found: string | undefined;
    while (found === undefined && Date.now() < deadline) {
      const { rows } = await sql<{ status: string }>`
        select payload->>'status' as status from imbi_system.outbox where name = 'email_audit'
      `.execute(database.kysely);
      found = rows[0]?.status;
      if (found === undefined) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(found).toBe(status);
  } finally {
    await product.close();
  }
});
