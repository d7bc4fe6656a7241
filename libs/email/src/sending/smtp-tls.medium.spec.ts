import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createTransport } from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import { loadConfig } from '#libs/config';
import { selfSigned } from '../../test/certificate.js';
import { smtpFailure } from './smtp-failure.js';
import { transportOptions } from './transport-options.js';

const CREDENTIALS = { IMBI_MAIL_USERNAME: 'imbi', IMBI_MAIL_PASSWORD: 'hunter-two' };
const certificate = selfSigned('localhost');
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Server {
  readonly port: number;
  /** Who signed in, and whether that was said through TLS. */
  readonly signIns: { readonly user: string; readonly secure: boolean }[];
  readonly mails: string[];
  /** Everything that clients said before TLS, as it went over the wire. */
  heard(): string;
}

/** A mail server that wants a sign-in and has a certificate that no authority of the system signed. */
async function mailServer(options: { secure?: boolean; hideSTARTTLS?: boolean; disabledCommands?: string[] } = {}) {
  const signIns: Server['signIns'] = [];
  const mails: string[] = [];
  const smtp = new SMTPServer({
    ...certificate,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    ...options,
    onAuth: ({ username = '' }, { secure }, callback) => {
      signIns.push({ user: username, secure });
      callback(null, { user: username });
    },
    onData: (stream, _session, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        mails.push(Buffer.concat(chunks).toString());
        callback();
      });
    },
  });
  // What TLS refuses is an error of the server too.
  smtp.on('error', () => undefined);
  const inner = smtp.listen(0, '127.0.0.1');
  await once(inner, 'listening');
  closers.push(() => new Promise<void>((resolve) => smtp.close(() => resolve())));
  const address = inner.address();
  return { ...(await listenIn(typeof address === 'object' && address ? address.port : 0)), signIns, mails };
}

/** Stands on the wire between a client and the server. */
async function listenIn(port: number) {
  const chunks: Buffer[] = [];
  const wire = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    client.on('data', (chunk) => chunks.push(chunk));
    for (const socket of [client, server]) socket.on('error', () => undefined);
    client.pipe(server).pipe(client);
  });
  wire.listen(0, '127.0.0.1');
  await once(wire, 'listening');
  closers.push(() => new Promise((resolve) => wire.close(resolve)));
  const address = wire.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    heard: () => Buffer.concat(chunks).toString('latin1'),
  };
}

async function send(url: string, env: Record<string, string> = {}): Promise<'sent' | ReturnType<typeof smtpFailure>> {
  const config = loadConfig({ NODE_ENV: 'test', SMTP_URL: url, IMBI_MAIL_TIMEOUT: '5s', ...CREDENTIALS, ...env });
  const transport = createTransport(transportOptions(config));
  try {
    await transport.sendMail({
      from: 'imbi@example.org',
      to: 'ada@example.org',
      subject: 'Hello',
      text: 'Secret link',
    });
    return 'sent';
  } catch (error) {
    return smtpFailure(error);
  } finally {
    transport.close();
  }
}

const withTrust = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  const before = getCACertificates('default');
  // What NODE_EXTRA_CA_CERTS does before a process starts.
  setDefaultCACertificates([...before, certificate.cert]);
  return work().finally(() => setDefaultCACertificates(before));
};

const inBase64 = (text: string) => Buffer.from(text).toString('base64').replace(/=+$/, '');

function expectNothingInClear({ heard, mails, signIns }: Server, isSent: boolean): void {
  for (const secret of ['hunter-two', inBase64('hunter-two'), inBase64('\0imbi\0hunter-two'), 'AUTH', 'Secret link']) {
    expect(heard()).not.toContain(secret);
  }
  expect(heard()).not.toContain('ada@example.org');
  expect(mails).toHaveLength(isSent ? 1 : 0);
  expect(signIns).toEqual(isSent ? [{ user: 'imbi', secure: true }] : []);
}

describe.each([
  ['STARTTLS', (port: number) => `smtp://localhost:${port}`, false],
  ['TLS from the first byte', (port: number) => `smtps://localhost:${port}`, true],
])('a mail server with %s', (_name, url, secure) => {
  it('is spoken to where its certificate is trusted, with nothing in clear', async () => {
    const server = await mailServer({ secure });
    expect(await withTrust(() => send(url(server.port)))).toBe('sent');
    expectNothingInClear(server, true);
  });

  it('is told nothing where its certificate is not, and the mail is tried again', async () => {
    const server = await mailServer({ secure });
    const failure = await send(url(server.port));
    expect(failure).toMatchObject({ permanent: false, text: expect.stringMatching(/self-signed certificate/i) });
    expectNothingInClear(server, false);
  });

  it('is told nothing where its certificate is for another host', async () => {
    const server = await mailServer({ secure });
    const elsewhere = url(server.port).replace('localhost', '127.0.0.1');
    const failure = await withTrust(() => send(elsewhere));
    expect(failure).toMatchObject({ permanent: false, text: expect.stringMatching(/127\.0\.0\.1/) });
    expectNothingInClear(server, false);
  });

  it('is spoken to whatever its certificate, where that is not looked at', async () => {
    const server = await mailServer({ secure });
    expect(await send(url(server.port), { IMBI_MAIL_TLS_VERIFY: 'false' })).toBe('sent');
    expectNothingInClear(server, true);
  });
});

describe('a mail server without STARTTLS', () => {
  it.each([
    ['does not offer it', { hideSTARTTLS: true, disabledCommands: ['STARTTLS'] }],
    ['offers it and refuses', { disabledCommands: ['STARTTLS'] }],
  ])('that %s is told nothing where TLS is required', async (_how, options) => {
    const server = await mailServer(options);
    const failure = await send(`smtp://localhost:${server.port}`, { IMBI_MAIL_TLS: 'required' });
    expect(failure).toMatchObject({ permanent: false });
    expectNothingInClear(server, false);
  });

  it('gets its mail in clear only where TLS is not required', async () => {
    const server = await mailServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] });
    expect(await send(`smtp://localhost:${server.port}`)).toBe('sent');
    expect(server.signIns).toEqual([{ user: 'imbi', secure: false }]);
    expect(server.heard()).toContain('AUTH');
    expect(server.heard()).toContain('Secret link');
  });

  it('is not even asked where TLS is off', async () => {
    const server = await mailServer();
    expect(await send(`smtp://localhost:${server.port}`, { IMBI_MAIL_TLS: 'off' })).toBe('sent');
    expect(server.heard()).not.toContain('STARTTLS');
  });
});
