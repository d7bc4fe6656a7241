import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { simpleParser } from 'mailparser';
import type { JsonObject } from '#libs/common';
import { Database } from '#libs/database';
import { emit } from '#libs/queue';
import { type RunningProduct, runningProduct } from '../../libs/product/test/running-product.js';
import { HostileSmtp } from './hostile-smtp.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const smtp = new HostileSmtp();
let product: RunningProduct;
let database: Database;

beforeAll(async () => {
  product = await runningProduct({ SMTP_URL: await smtp.start() });
  database = product.api.app.get(Database, { strict: false });
});

afterAll(async () => {
  await product?.close();
  await smtp.stop();
});

async function textTo(address: string, subject: RegExp): Promise<string> {
  const deadline = Date.now() + 15_000;
  while (Date.now() < deadline) {
    for (const { raw } of smtp.mails.filter(({ to }) => to === address)) {
      const mail = await simpleParser(raw);
      if (subject.test(mail.subject ?? '')) return mail.text ?? '';
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`No mail ${subject} came`);
}

describe('a notice goes to whom it concerns', () => {
  it.each<[string, JsonObject, RegExp, RegExp]>([
    ['user.mfa_enabled', {}, /factor is on/, /backup codes/],
    ['user.mfa_disabled', {}, /factor is off/, /password alone/],
    ['user.mfa_reset', {}, /taken away/, /administrators/],
    ['api_key.created', { name: 'Deploy\r\nBcc: x', key_id: '7KQ29FXM' }, /new API key/, /Deploy Bcc: x \(7KQ29FXM\)/],
    ['session.token_reused', { session_id: 's', ip: '203.0.113.7' }, /signed a device out/, /203\.0\.113\.7/],
    ['session.new_device', { ip: '192.0.2.10', user_agent: FIREFOX }, /new sign-in/, /Firefox on Linux/],
  ])('%s', async (event, payload, subject, content) => {
    const email = `${event.replaceAll(/[._]/g, '-')}@example.org`;
    const { id } = await product.user(email);
    await database.transaction(async (tx) => {
      emit(tx, event, { user_id: id, ...payload });
    });
    const text = await textTo(email, subject);
    expect(text).toMatch(content);
    expect(text).toMatch(/When:\s+\d{1,2} \w+ \d{4}, \d\d:\d\d UTC/);
  });

  it('and nothing where the user is gone', async () => {
    await database.transaction(async (tx) => {
      emit(tx, 'user.mfa_enabled', { user_id: 'V1StGXR8_Z5jdHi6B-myT' });
    });
    const deadline = Date.now() + 10_000;
    for (;;) {
      const { rows } = await sql<{ count: number }>`
        select count(*)::int as count from imbi_system.outbox where topic = 'event'`.execute(database.kysely);
      if (rows[0]?.count === 0 || Date.now() > deadline) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { body } = await product.call('GET', '/api/admin/dead-letters?queue=events');
    expect(body.items).toEqual([]);
  });
});
