import { once } from 'node:events';
import type { Server as NetServer } from 'node:net';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { createLogger, errorMessage } from '#libs/common';
import { InboxServer } from './inbox-server.js';
import { type CaughtMail, type CaughtMailSummary, MailStore } from './mail-store.js';

const HOST = '127.0.0.1';
const MAX_MAIL_BYTES = 25 * 1024 * 1024;
const logger = createLogger('mail-catcher');

/** An answer of a mail server that does not take the mail: 4xx asks to try again, 5xx is final. */
export interface SmtpRefusal {
  readonly code: number;
  readonly message: string;
}

/** For tests: what to answer instead of taking the mail; undefined takes it. */
export interface MailFaults {
  onRcpt?(address: string): SmtpRefusal | undefined;
  onData?(envelope: { from: string; to: readonly string[] }): SmtpRefusal | undefined;
}

export interface MailCatcherAddress {
  smtpUrl: string;
  webUrl: string;
}

/**
 * Takes all mail and delivers none: SMTP on 127.0.0.1, an inbox page with a JSON API beside it, the last mails on disk
 * in `<dataDir>/mail`.
 */
export class MailCatcher {
  /** May be changed at any time. */
  faults: MailFaults = {};
  private readonly store: MailStore;
  private readonly smtp: SMTPServer;
  private readonly inbox: InboxServer;

  constructor(options: { dataDir: string; keep?: number }) {
    this.store = new MailStore(path.join(options.dataDir, 'mail'), options.keep ?? 500);
    this.inbox = new InboxServer(this.store);
    this.smtp = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      banner: 'Imbi mail catcher',
      size: MAX_MAIL_BYTES,
      disableReverseLookup: true,
      // Nobody waits for a goodbye when the process ends.
      closeTimeout: 200,
      onRcptTo: ({ address }, _session, callback) => callback(refused(this.faults.onRcpt?.(address))),
      onData: (stream, session, callback) => {
        this.take(stream, session).then(
          (refusal) => callback(refusal),
          (error: unknown) => {
            logger.warn({ error: errorMessage(error) }, 'a mail could not be kept');
            callback(refused({ code: 451, message: 'The mail could not be kept; try again.' }));
          },
        );
      },
    });
    this.smtp.on('error', (error) => logger.debug({ error: error.message }, 'a mail client failed'));
  }

  /**
   * Port 0 takes any free one.
   * @throws Error naming the port and its setting when it is taken
   */
  async start(ports: { smtpPort: number; webPort: number }): Promise<MailCatcherAddress> {
    await this.store.open();
    const smtpPort = await listen(this.smtp.server, ports.smtpPort, 'IMBI_MAIL_CATCHER_SMTP_PORT');
    try {
      const webPort = await listen(this.inbox.server, ports.webPort, 'IMBI_MAIL_CATCHER_WEB_PORT');
      return { smtpUrl: `smtp://${HOST}:${smtpPort}`, webUrl: `http://${HOST}:${webPort}` };
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.all([new Promise<void>((resolve) => this.smtp.close(resolve)), this.inbox.close()]);
  }

  /** Newest first. */
  list(filter: { to?: string } = {}): readonly CaughtMailSummary[] {
    return this.store.list(filter);
  }

  find(id: string): Promise<CaughtMail | undefined> {
    return this.store.find(id);
  }

  private async take(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<Error | undefined> {
    const raw = await buffer(stream);
    if (stream.sizeExceeded) return refused({ code: 552, message: `Mails are at most ${MAX_MAIL_BYTES} bytes.` });
    const { mailFrom, rcptTo } = session.envelope;
    const envelope = { from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address) };
    const refusal = this.faults.onData?.(envelope);
    if (refusal) return refused(refusal);
    await this.store.add(raw, envelope);
    this.inbox.announce();
    return undefined;
  }
}

function refused(refusal: SmtpRefusal | undefined): Error | undefined {
  return refusal && Object.assign(new Error(refusal.message), { responseCode: refusal.code });
}

async function listen(server: NetServer, port: number, setting: string): Promise<number> {
  server.listen(port, HOST);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Error(`Port ${port} cannot be used (${errorMessage(error)}). Choose another one with ${setting}.`, {
      cause: error,
    });
  }
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}
