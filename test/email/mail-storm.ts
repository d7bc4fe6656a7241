import { sql } from 'kysely';
import { Database } from '#libs/database';
import { EmailSender, FailedEmail } from '#libs/email';
import { Graph } from '#libs/graph';
import { runningProduct } from '../../libs/product/test/running-product.js';
import { FAULTS, HostileSmtp } from './hostile-smtp.js';

export interface StormResult {
  readonly mails: number;
  readonly deliveredOnce: number;
  readonly deliveredTwice: number;
  readonly deadLettered: number;
  readonly both: number;
  readonly lost: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** Sends mails through a server that fails two times in three, and counts what became of each. */
export async function mailStorm(mails: number, timeoutSeconds: number): Promise<StormResult> {
  const server = new HostileSmtp(() =>
    Math.random() < 0.34 ? undefined : FAULTS[Math.floor(Math.random() * FAULTS.length)],
  );
  const smtpUrl = await server.start();
  const product = await runningProduct({
    SMTP_URL: smtpUrl,
    IMBI_MAIL_TIMEOUT: '300ms',
    IMBI_MAIL_CONNECTIONS: '20',
    IMBI_QUEUE_CONCURRENCY: '20',
  });
  const started = Date.now();
  try {
    const database = product.api.app.get(Database, { strict: false });
    const sender = product.api.app.get(EmailSender, { strict: false });
    const graph = product.api.app.get(Graph, { strict: false });
    const ids: string[] = [];
    for (let first = 0; first < mails; first += 50) {
      await database.transaction(async (tx) => {
        for (let index = first; index < Math.min(first + 50, mails); index += 1) {
          const email = `user${index}@example.org`;
          const variables = { name: `User ${index}`, email, sign_in_url: 'https://imbi.example.org' };
          const id = await sender.send(tx, { to: email, template: 'welcome', variables });
          if (id !== undefined) ids.push(id);
        }
      });
    }
    await untilSettled(database, timeoutSeconds);
    const dead = new Set<string>();
    for (let page = 0; ; page += 1) {
      const { items } = await graph.read.list(FailedEmail, { limit: 1000 });
      for (const { email_id } of items) dead.add(email_id);
      if (items.length <= 1000 || page > 5) break;
    }
    const count = (test: (id: string) => boolean) => ids.filter(test).length;
    return {
      mails: ids.length,
      deliveredOnce: count((id) => server.taken.get(id) === 1),
      deliveredTwice: count((id) => (server.taken.get(id) ?? 0) > 1),
      deadLettered: dead.size,
      both: count((id) => dead.has(id) && server.taken.has(id)),
      lost: count((id) => !dead.has(id) && !server.taken.has(id)),
      faults: Object.fromEntries(server.faults),
      seconds: Math.round((Date.now() - started) / 1000),
    };
  } finally {
    await product.close();
    await server.stop();
  }
}

async function untilSettled(database: Database, timeoutSeconds: number): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from imbi_system.email_sends where state in ('queued', 'sending')
    `.execute(database.kysely);
    if (rows[0]?.count === 0) return;
    if (Date.now() > deadline) throw new Error(`${rows[0]?.count} mails were not settled in time`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
