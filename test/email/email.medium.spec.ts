import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { simpleParser } from 'mailparser';
import { User } from '#libs/auth';
import { Database } from '#libs/database';
import { EmailSender } from '#libs/email';
import { Graph } from '#libs/graph';
import { TotpSecret } from '../../libs/auth/src/mfa/mfa.vertex.js';
import { FailedEmail } from '../../libs/email/src/model/failed-email.vertex.js';
import { EmailJanitor } from '../../libs/email/src/sending/email-janitor.js';
import { SendLedger } from '../../libs/email/src/sending/send-ledger.js';
import { type RunningProduct, runningProduct } from '../../libs/product/test/running-product.js';
import { HostileSmtp } from './hostile-smtp.js';

const SECRET_LINK = 'https://imbi.example.org/account/reset-password#secret-token-of-the-link';
const PASSWORD = 'Correct-Horse-9-Battery';
const OTHER = 'Another-Horse-9-Battery';

const smtp = new HostileSmtp();
let product: RunningProduct;
let database: Database;
let graph: Graph;
let sender: EmailSender;
let counter = 0;

beforeAll(async () => {
  product = await runningProduct({
    SMTP_URL: await smtp.start(),
    IMBI_MAIL_TIMEOUT: '2s',
    IMBI_MAIL_FAILED_THRESHOLD: '2',
    IMBI_RATE_LIMIT_MAIL_PER_HOUR: '100',
  });
  const { app } = product.api;
  database = app.get(Database, { strict: false });
  graph = app.get(Graph, { strict: false });
  sender = app.get(EmailSender, { strict: false });
});

afterAll(async () => {
  await product?.close();
  await smtp.stop();
});

beforeEach(() => {
  smtp.next = () => undefined;
});

async function until<Value>(find: () => Promise<Value | undefined> | Value | undefined): Promise<Value> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('It did not happen in time');
}

function newAddress(): string {
  counter += 1;
  return `person${counter}@example.org`;
}

async function send(to: string, options: { once?: string; expiresAt?: Date } = {}): Promise<string> {
  const variables = { name: 'Ada', email: to, action_url: SECRET_LINK, expires_at: 'tomorrow' };
  const mail = { to, template: 'password-reset', variables, ...options } as const;
  return (await database.transaction((tx) => sender.send(tx, mail))) ?? '';
}

const failedTo = (recipient: string) =>
  until(async () => {
    const { body } = await product.call('GET', `/api/admin/email/failed?filter[recipient][eq]=${recipient}`);
    return body.items[0];
  });

const stateOf = async (id: string) => {
  const { rows } = await sql<{ state: string; attempts: number }>`
    select state, attempts from imbi_system.email_sends where id = ${id}`.execute(database.kysely);
  return rows[0];
};

const auditOf = async (id: string) => {
  const { rows } = await sql<{ payload: Record<string, unknown> }>`
    select payload from imbi_system.outbox where name = 'email_audit' and payload->>'email_id' = ${id} order by seq
  `.execute(database.kysely);
  return rows.map(({ payload }) => payload);
};

async function tokenTo(address: string, subject: RegExp): Promise<string> {
  const parsed = await until(async () => {
    const raws = smtp.mails.filter(({ to }) => to === address).map(({ raw }) => raw);
    const mails = await Promise.all(raws.map((raw) => simpleParser(raw)));
    return mails.findLast((mail) => subject.test(mail.subject ?? ''));
  });
  return /#(\S+)/.exec(parsed.text ?? '')?.[1] ?? '';
}

describe('sending', () => {
  it('sends what was committed, once, and nothing of what was rolled back', async () => {
    const [kept, dropped] = [newAddress(), newAddress()];
    const id = await send(kept);
    const rolledBack = database.transaction(async (tx) => {
      const variables = { name: 'Ada', email: dropped, sign_in_url: 'https://imbi.example.org' };
      await sender.send(tx, { to: dropped, template: 'welcome', variables });
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    await until(() => smtp.taken.get(id));
    expect(smtp.mails.some(({ to }) => to === dropped)).toBe(false);
    const [row] = await until(async () => ((await auditOf(id)).length > 0 ? auditOf(id) : undefined));
    expect(row).toMatchObject({ recipient: kept, template: 'password-reset', status: 'sent', attempts: 1 });
    expect(JSON.stringify(row)).not.toContain('secret-token');
  });

  it('writes a mail that clients understand: both parts, the Message-ID of its id, no automatic answers', async () => {
    const to = newAddress();
    const id = await send(to);
    const raw = await until(() => smtp.mails.find((mail) => mail.to === to)?.raw);
    const mail = await simpleParser(raw);
    expect(mail.messageId).toBe(`<${id}@imbi.local>`);
    expect(mail.from?.text).toBe('"Imbi" <imbi@imbi.local>');
    expect([mail.text, mail.html].every((part) => String(part).includes(SECRET_LINK))).toBe(true);
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
  });

  it('sends one mail for one cause, however often its handler runs', async () => {
    const to = newAddress();
    const first = await send(to, { once: `cause-${to}` });
    expect(first).not.toBe('');
    expect(await send(to, { once: `cause-${to}` })).toBe('');
    await until(() => smtp.taken.get(first));
    expect(smtp.mails.filter((mail) => mail.to === to)).toHaveLength(1);
  });

  it.each(['Eve <eve@example.org>', 'a@example.org, b@example.org', 'a@example.org\r\nBcc: b@example.org', 'nobody'])(
    'refuses the recipient %j, and with it the transaction',
    async (to) => {
      await expect(send(to)).rejects.toThrow();
    },
  );

  it('tries again what may pass, and counts', async () => {
    const faults = ['451', '421'] as const;
    let connection = 0;
    smtp.next = () => faults[connection++];
    const id = await send(newAddress());
    await until(() => smtp.taken.get(id));
    expect(await until(async () => ((await stateOf(id))?.state === 'sent' ? stateOf(id) : undefined))).toMatchObject({
      state: 'sent',
    });
    expect(smtp.taken.get(id)).toBe(1);
  });

  it('lets one worker at a time have a mail, until its lease has run out', async () => {
    const ledger = product.api.app.get(SendLedger, { strict: false });
    await database.transaction((tx) => ledger.add(tx, 'lease-test'));
    expect((await ledger.claim('lease-test', 'one')).kind).toBe('claimed');
    expect(await ledger.claim('lease-test', 'two')).toMatchObject({ kind: 'held' });
    await sql`update imbi_system.email_sends set leased_until = now() where id = 'lease-test'`.execute(database.kysely);
    expect(await ledger.claim('lease-test', 'two')).toMatchObject({ kind: 'claimed', claim: { attempts: 2 } });
    await database.transaction((tx) => ledger.settle(tx, 'lease-test', 'sent'));
    expect((await ledger.claim('lease-test', 'three')).kind).toBe('settled');
  });

  it('keeps the link out of queue and outbox', async () => {
    const id = await send(newAddress());
    await until(() => smtp.taken.get(id));
    const { body } = await product.call('GET', '/api/admin/dead-letters?queue=email');
    expect(body.items).toEqual([]);
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from imbi_system.outbox where payload::text like '%secret-token%'
    `.execute(database.kysely);
    expect(rows[0]?.count).toBe(0);
  });
});

describe('failed mails', () => {
  it('are kept after a final refusal, encrypted, and delivered under the same Message-ID when retried', async () => {
    const to = newAddress();
    smtp.next = () => '550';
    const id = await send(to);
    const failed = await failedTo(to);
    expect(failed).toMatchObject({ email_id: id, template: 'password-reset', attempts: 1 });
    expect(failed.errors[0]).toContain('550');
    expect(JSON.stringify(failed)).not.toContain('secret-token');
    const { rows } = await sql<{ text: string }>`
      select ag_catalog.agtype_out(properties)::text as text from imbi."FailedEmail"
      where ag_catalog.agtype_out(properties)::text like ${`%${id}%`}
    `.execute(database.kysely);
    expect(rows[0]?.text).not.toContain('secret-token');
    expect((await auditOf(id)).map(({ status }) => status)).toEqual(['failed']);

    smtp.next = () => undefined;
    const retried = await product.call('POST', `/api/admin/email/failed/${failed.id}/retry`);
    expect(retried.status).toBe(204);
    await until(() => smtp.taken.get(id));
    expect((await product.call('POST', `/api/admin/email/failed/${failed.id}/retry`)).status).toBe(404);
    await until(async () => ((await auditOf(id)).length === 2 ? true : undefined));
    expect((await auditOf(id)).map(({ status }) => status)).toEqual(['failed', 'sent']);
  });

  it('whose link has run out are not sent any more, but can be given up', async () => {
    const to = newAddress();
    smtp.next = () => '550';
    await send(to, { expiresAt: new Date(Date.now() + 1500) });
    const { id } = await failedTo(to);
    await new Promise((resolve) => setTimeout(resolve, 1600));
    const retried = await product.call('POST', `/api/admin/email/failed/${id}/retry`);
    expect([retried.status, retried.body.code]).toEqual([409, 'email_expired']);
    expect((await product.call('DELETE', `/api/admin/email/failed/${id}`)).status).toBe(204);
  });

  it('are shown by metrics and readiness, and retried all at once', async () => {
    smtp.next = () => '550';
    const addresses = [newAddress(), newAddress(), newAddress()];
    for (const address of addresses) await send(address);
    for (const address of addresses) await failedTo(address);
    const ready = await product.call('GET', '/status/ready');
    expect(ready.status).toBe(200);
    expect(JSON.stringify(ready.body)).toMatch(/"name":"email"[^}]*"status":"down"/);
    const metrics = await (await fetch(`${product.api.url}/metrics`)).text();
    expect(metrics).toMatch(/^imbi_email_failed 3$/m);
    smtp.next = () => undefined;
    const { body } = await product.call('POST', '/api/admin/email/failed/retry-all');
    expect(body.retried).toBe(3);
    await until(() => (addresses.every((one) => smtp.mails.some(({ to }) => to === one)) ? true : undefined));
    const after = await product.call('GET', '/status/ready');
    expect(JSON.stringify(after.body)).toMatch(/"name":"email"[^}]*"status":"up"/);
  });

  it('are given up with age, which the audit log tells', async () => {
    smtp.next = () => '550';
    const [old, young] = [newAddress(), newAddress()];
    const oldId = await send(old);
    await send(young);
    const { id } = await failedTo(old);
    await failedTo(young);
    const failed_at = new Date(Date.now() - 91 * 86_400_000).toISOString();
    await graph.transaction((tx) => tx.patch(FailedEmail, id, { set: { failed_at } }));
    await product.api.app.get(EmailJanitor, { strict: false }).purge();
    const { body } = await product.call('GET', `/api/admin/email/failed?filter[recipient][in]=${old},${young}`);
    expect(body.items.map(({ recipient }: { recipient: string }) => recipient)).toEqual([young]);
    expect(await stateOf(oldId)).toBeUndefined();
    const { rows } = await sql<{ payload: object }>`
      select payload from imbi_system.outbox where name = 'audit_events' and payload->>'resource_id' = ${id}
    `.execute(database.kysely);
    expect(rows.map(({ payload }) => payload)).toEqual([
      expect.objectContaining({ action: 'email.discard', outcome: 'success', reason: 'age', actor_kind: 'system' }),
    ]);
    await product.call('DELETE', `/api/admin/email/failed/${body.items[0].id}`);
  });

  it('are for those alone who may see them', async () => {
    const { call } = await product.user(newAddress());
    for (const [method, path] of [
      ['GET', '/failed'],
      ['POST', '/failed/retry-all'],
      ['GET', '/preview/welcome'],
    ] as const) {
      expect((await call(method, `/api/admin/email${path}`)).status).toBe(403);
    }
  });

  it('whose link ran out before they were first sent are skipped', async () => {
    const id = await send(newAddress(), { expiresAt: new Date(Date.now() - 1000) });
    const [row] = await until(async () => ((await auditOf(id)).length > 0 ? auditOf(id) : undefined));
    expect(row).toMatchObject({ status: 'skipped', error: 'expired', sent_at: null });
    expect(smtp.taken.has(id)).toBe(false);
  });
});

describe('links of accounts', () => {
  const ask = (email: string) => product.call('POST', '/api/auth/forgot-password', { email });
  const reset = (token: string, password = OTHER) =>
    product.call('POST', '/api/auth/reset-password', { token, password });
  const login = (email: string) => product.call('POST', '/api/auth/login', { email, password: OTHER });

  async function newUser(password: string | undefined = PASSWORD) {
    const email = newAddress();
    const { body } = await product.call('POST', '/api/users', { email, display_name: 'Ada', password });
    return { id: String(body.id), email };
  }

  async function patchUser(id: string, patch: object): Promise<number> {
    const admin = { email: 'admin@example.org', password: PASSWORD };
    const { body } = await product.call('POST', '/api/auth/login', admin);
    const { headers } = await product.call('GET', `/api/users/${id}`);
    const answer = await fetch(`${product.api.url}/api/users/${id}`, {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${body.access_token}`,
        'content-type': 'application/merge-patch+json',
        'if-match': headers.get('etag') ?? '',
      },
      body: JSON.stringify(patch),
    });
    return answer.status;
  }

  it('let nobody around a second factor, and open no session', async () => {
    const { id, email } = await newUser();
    await graph.transaction(async (tx) => {
      const since = new Date().toISOString();
      await tx.insert(TotpSecret, { user_id: id, secret: 'GEZDGNBVGY3TQOJQ', last_step: 0, active_since: since });
      await tx.patch(User, id, { set: { mfa_enabled_at: since } });
    });
    await ask(email);
    const answer = await reset(await tokenTo(email, /new password/));
    expect([answer.status, answer.body]).toEqual([204, undefined]);
    const signIn = await login(email);
    expect([signIn.status, signIn.body.code]).toEqual([401, 'mfa_required']);
  });

  it('die with the address they were sent to', async () => {
    const { id, email } = await newUser();
    await ask(email);
    const token = await tokenTo(email, /new password/);
    const moved = newAddress();
    await graph.transaction((tx) => tx.patch(User, id, { set: { email: moved, email_key: moved } }));
    expect((await reset(token)).body.code).toBe('invalid_account_token');
  });

  it('work once, of many who use them at the same time', async () => {
    const { email } = await newUser();
    await ask(email);
    const token = await tokenTo(email, /new password/);
    const answers = await Promise.all(Array.from({ length: 6 }, () => reset(token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 422, 422, 422, 422, 422]);
  });

  it('are stored as digests alone, and run out', async () => {
    const { email } = await newUser();
    await ask(email);
    const token = await tokenTo(email, /new password/);
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    const { rows } = await sql<{ text: string }>`
      select t::text as text from imbi_system.account_tokens t`.execute(database.kysely);
    expect(rows.map(({ text }) => text).join('\n')).not.toContain(token);
    await sql`update imbi_system.account_tokens set expires_at = now()`.execute(database.kysely);
    expect((await reset(token)).body.code).toBe('invalid_account_token');
  });

  it('are not sent to accounts that are switched off', async () => {
    const { id, email } = await newUser();
    expect(await patchUser(id, { is_active: false })).toBe(200);
    const before = smtp.mails.length;
    expect((await ask(email)).status).toBe(202);
    await ask(newAddress());
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(smtp.mails.slice(before).filter(({ to, raw }) => to === email && raw.includes('Set a new'))).toHaveLength(0);
  });

  it('confirm a changed address anew', async () => {
    const { id, email } = await newUser();
    const verified = await product.call('POST', '/api/auth/verify-email', { token: await tokenTo(email, /Confirm/) });
    expect(verified.status).toBe(204);
    expect((await graph.read.find(User, { id }))?.email_verified_at).not.toBeNull();
    const moved = newAddress();
    expect(await patchUser(id, { email: moved })).toBe(200);
    const user = await graph.read.find(User, { id });
    expect([user?.email, user?.email_verified_at]).toEqual([moved, null]);
    await tokenTo(moved, /Confirm/);
  });
});
