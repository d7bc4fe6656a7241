import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { Client } from 'pg';
import { DataDirectoryInUseError, EmbeddedPostgres } from '#libs/engines';
import { createImbiClient, createUser, listFailedEmails, password } from '#sdk';
import { HostileSmtp } from '../email/hostile-smtp.js';
import { KillableProcess } from './killable-process.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const NATIVE = process.env['IMBI_TEST_ENGINES'] === 'native';
// On embedded engines a kill takes the database with it, and the next start takes its time.
const KILLS = Number(process.env['IMBI_CHAOS_MAIL_KILLS'] ?? (NATIVE ? 50 : 10));
const ADMIN = { email: 'chaos@example.org', password: 'Correct-Horse-9-Battery' };
const PROBE = path.join(import.meta.dirname, 'probe-process.mjs');
const API = path.join(ROOT, 'dist/apps/api/src/main.js');
const WORKER = path.join(ROOT, 'dist/apps/worker/src/main.js');
const PORT = 24_000 + (process.pid % 3000);
const URL = `http://127.0.0.1:${PORT}`;
const CONNECTIONS = 3;
const SETTLE_SECONDS = 240;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(what: string, seconds: number, check: () => Promise<boolean>, every = 200): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    if (await check().catch(() => false)) return;
    await pause(every);
  }
  throw new Error(`${what}: not in ${seconds} s`);
}

const isReady = async () => (await fetch(`${URL}/status/ready`)).ok;

/** Whether nothing is left in the outbox, in a queue, or in a worker's hand. */
async function isSettled(): Promise<boolean> {
  const text = await (await fetch(`${URL}/metrics`)).text();
  return !text
    .split('\n')
    .filter((line) =>
      /^imbi_(outbox_rows\{topic="(job|event)"|queue_jobs\{.*state="(waiting|active|delayed|failed)"|emails\{state="(queued|sending)")/.test(
        line,
      ),
    )
    .some((line) => !line.includes('queue="schedules"') && !line.endsWith(' 0'));
}

/** Which of the mails are not recorded as sent, after the death of whoever could still record it. */
async function unrecorded(environment: Record<string, string>, ids: readonly string[]): Promise<string[]> {
  const url = environment['DATABASE_URL'];
  if (url !== undefined) return askLedger(new Client({ connectionString: url }), ids);
  const engine = new EmbeddedPostgres({ dataDir: environment['IMBI_DATA_DIR'] ?? '' });
  const address = await startOnceFree(engine);
  return askLedger(new Client({ ...address }), ids).finally(() => engine.stop());
}

// The lock waits for a commit that the dead one had sent and the server has not yet carried out.
async function askLedger(client: Client, ids: readonly string[]): Promise<string[]> {
  await client.connect();
  try {
    const { rows } = await client.query(
      `with asked as (select id, state from imbi_system.email_sends where id = any($1) for update)
       select id from asked where state <> 'sent'`,
      [ids],
    );
    return rows.map(({ id }) => id);
  } finally {
    await client.end();
  }
}

async function startOnceFree(engine: EmbeddedPostgres): ReturnType<EmbeddedPostgres['start']> {
  for (const deadline = Date.now() + 30_000; ; await pause(50)) {
    try {
      return await engine.start();
    } catch (error) {
      if (!(error instanceof DataDirectoryInUseError) || Date.now() > deadline) throw error;
    }
  }
}

it(`loses no mail over ${KILLS} kills of ${NATIVE ? 'the worker' : 'the whole product'}`, async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'imbi-mail-kill-'));
  // It takes its time to say that it has a mail: that is when a kill is worst.
  const smtp = new HostileSmtp(undefined, 40);
  const environment: Record<string, string> = {
    NODE_ENV: 'development',
    IMBI_DATA_DIR: directory,
    IMBI_PORT: String(PORT),
    SMTP_URL: await smtp.start(),
    IMBI_BOOTSTRAP_ADMIN_EMAIL: ADMIN.email,
    IMBI_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password,
    IMBI_AUTH_ARGON2_MEMORY_KIB: '1024',
    IMBI_AUTH_ARGON2_PASSES: '1',
    IMBI_RATE_LIMIT_LOGIN_PER_MINUTE: '10000',
    IMBI_RATE_LIMIT_REFRESH_PER_MINUTE: '10000',
    IMBI_RATE_LIMIT_PER_MINUTE: '1000000',
    IMBI_MAIL_CONNECTIONS: String(CONNECTIONS),
    IMBI_LOG_LEVEL: 'error',
  };
  if (NATIVE) {
    const script = path.join(ROOT, 'test/support/native/engines.sh');
    const name = `imbi_mail_kill_${process.pid}`;
    environment['DATABASE_URL'] = execFileSync(script, ['database', name], { encoding: 'utf8' }).trim();
    environment['REDIS_URL'] = process.env['IMBI_TEST_REDIS_URL'] ?? '';
    environment['IMBI_QUEUE_PREFIX'] = `mail-kill-${process.pid}`;
  }
  const api = NATIVE ? new KillableProcess('api', [API], environment) : undefined;
  const victim = new KillableProcess('victim', NATIVE ? [WORKER] : [PROBE, 'all'], environment);
  try {
    api?.start();
    if (!api) victim.start();
    await until('ready', 90, isReady);
    if (api) victim.start();

    const acknowledged: string[] = [];
    let stopped = false;
    const credentials = password(ADMIN.email, ADMIN.password);
    const client = createImbiClient({ baseUrl: URL, credentials, retry: { attempts: 1 } });
    const write = async () => {
      for (let serial = 0; !stopped; serial += 1) {
        const email = `user${serial}@example.org`;
        const body = { email, display_name: 'User', password: 'Correct-Horse-9-Battery' };
        const created = await createUser({ client, body }).catch(() => undefined);
        if (created?.response?.status === 201) acknowledged.push(email);
        await pause(NATIVE ? 60 : 120);
      }
    };
    const writing = write();
    // By Message-ID: how often a mail was taken by the server and a kill kept that from being recorded.
    const inWindow = new Map<string, number>();
    let looked = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      // While it is sending, and never at the same point of it.
      const { length } = smtp.mails;
      await until('sending', 90, async () => smtp.mails.length > length, 10);
      await pause(Math.random() * 400);
      await victim.kill();
      await smtp.idle();
      const taken = smtp.mails.slice(looked).map(({ id }) => id);
      looked = smtp.mails.length;
      for (const id of await unrecorded(environment, taken)) inWindow.set(id, (inWindow.get(id) ?? 0) + 1);
      victim.start();
    }
    await until('ready', 90, isReady);
    stopped = true;
    await writing;
    await until('settled', SETTLE_SECONDS, isSettled);

    const { data } = await listFailedEmails({ client, query: { limit: 200 }, throwOnError: true });
    const failed = new Set(data.items.map(({ recipient }) => recipient));
    const delivered = new Map<string, number>();
    for (const { to } of smtp.mails) delivered.set(to, (delivered.get(to) ?? 0) + 1);
    const result = {
      kills: victim.kills,
      acknowledged: acknowledged.length,
      delivered: acknowledged.filter((to) => delivered.has(to)).length,
      twice: acknowledged.filter((to) => (delivered.get(to) ?? 0) > 1).length,
      repeats: smtp.mails.length - smtp.taken.size,
      killedInWindow: [...inWindow.values()].reduce((sum, times) => sum + times, 0),
      messageIds: smtp.taken.size,
      deadLettered: acknowledged.filter((to) => failed.has(to)).length,
      lost: acknowledged.filter((to) => !delivered.has(to) && !failed.has(to)).length,
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
    expect(result.lost).toBe(0);
    expect(acknowledged.length).toBeGreaterThan(KILLS);
    // Again only where a kill fell between the server's having it and our record of that, and once for each such kill.
    const repeats = new Map([...smtp.taken].filter(([, times]) => times > 1).map(([id, times]) => [id, times - 1]));
    expect(Object.fromEntries(repeats)).toEqual(Object.fromEntries(inWindow));
    // A mail that came twice came under one Message-ID.
    expect(smtp.taken.size).toBe(delivered.size);
  } catch (error) {
    process.stdout.write(`${api?.lastOutput ?? ''}\n${victim.lastOutput}\n`);
    throw error;
  } finally {
    await victim.stop();
    await api?.stop();
    await smtp.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});
