import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createTransport, type Transporter } from 'nodemailer';
import { MailCatcher } from './mail-catcher.js';

const FREE_PORTS = { smtpPort: 0, webPort: 0 };

describe('MailCatcher', () => {
  let dataDir: string;
  let catcher: MailCatcher;
  let webUrl: string;
  let transport: Transporter;

  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'imbi-mail-'));
    await open();
  });

  beforeEach(async () => {
    catcher.faults = {};
    await get('/api/messages', { method: 'DELETE' });
  });

  afterAll(async () => {
    await close();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function open(): Promise<void> {
    catcher = new MailCatcher({ dataDir, keep: 3 });
    const address = await catcher.start(FREE_PORTS);
    webUrl = address.webUrl;
    transport = createTransport(address.smtpUrl);
  }

  async function close(): Promise<void> {
    transport.close();
    await catcher.stop();
  }

  const get = (route: string, init?: RequestInit) => fetch(new URL(route, webUrl), init);
  const list = async (query = '') => Object(await (await get(`/api/messages${query}`)).json()).data;
  const send = (to: string, more: object = {}) =>
    transport.sendMail({ from: 'Imbi <imbi@example.org>', to, subject: `For ${to}`, text: 'Hello', ...more });

  it('shows what was sent, newest first, with text, HTML and attachments', async () => {
    await send('Ada <ada@example.org>', {
      bcc: 'eve@example.org',
      subject: 'Grüße 🎉',
      html: '<p>Hello <a href="https://example.org">there</a></p>',
      attachments: [{ filename: 'naïve "x".txt', content: 'inside' }],
    });
    await send('bob@example.org');
    const mails = await list();
    expect(mails.map(({ subject }: { subject: string }) => subject)).toEqual(['For bob@example.org', 'Grüße 🎉']);
    const [, { id }] = mails;
    expect(await (await get(`/api/messages/${id}`)).json()).toMatchObject({
      from: 'imbi@example.org',
      to: ['ada@example.org', 'eve@example.org'],
      text: 'Hello',
      html: expect.stringContaining('<p>Hello'),
      headers: expect.arrayContaining([{ name: 'to', value: 'Ada <ada@example.org>' }]),
      attachments: [{ filename: 'naïve "x".txt', content_type: 'text/plain', bytes: 6 }],
    });
    const attachment = await get(`/api/messages/${id}/attachments/0`);
    expect(attachment.headers.get('content-disposition')).toMatch(/^attachment; filename\*=UTF-8''na%C3%AFve/);
    expect(await attachment.text()).toBe('inside');
  });

  it('finds the mails of one recipient by the whole address', async () => {
    await send('ada@example.org');
    await send('not-ada@example.org');
    expect(await list('?to=ADA@example.org')).toMatchObject([{ to: ['ada@example.org'] }]);
    expect(await list('?to=ada')).toEqual([]);
  });

  it('keeps the last mails only, and keeps them over a restart', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await send(`${name}@example.org`);
    const before = await list();
    expect(before.map(({ to }: { to: string[] }) => to[0])).toEqual([
      'e@example.org',
      'd@example.org',
      'c@example.org',
    ]);
    expect(readdirSync(path.join(dataDir, 'mail'))).toHaveLength(6);
    await close();
    await open();
    expect(await list()).toEqual(before);
    expect((await get(`/api/messages/${before[0].id}`)).status).toBe(200);
  });

  it('deletes everything', async () => {
    await send('ada@example.org');
    expect((await get('/api/messages', { method: 'DELETE' })).status).toBe(204);
    expect(await list()).toEqual([]);
    expect(readdirSync(path.join(dataDir, 'mail'))).toEqual([]);
  });

  it('serves the HTML of a mail so that no script of it runs and nothing is loaded', async () => {
    await send('ada@example.org', { html: '<script>alert(1)</script><img src="https://example.org/x.png">' });
    const [{ id }] = await list();
    const policy = (await get(`/messages/${id}/html`)).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/sandbox(?!.*allow-scripts)(?!.*allow-same-origin)/);
    const page = await get('/');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await page.text()).toMatch(/sandbox="(?!.*allow-scripts)(?!.*allow-same-origin)/);
  });

  it('tells open pages of a new mail', async () => {
    const response = await get('/api/events');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let heard = (await reader?.read())?.value ?? '';
    await send('ada@example.org');
    while (!heard.includes('event: change')) heard += (await reader?.read())?.value ?? '';
    await reader?.cancel();
    expect(heard).toContain('event: change');
  });

  it('lets no other origin read, name itself as the inbox or delete', async () => {
    const status = async (headers: Record<string, string>, method = 'GET') => {
      const response = await raw('/api/messages', headers, method);
      expect(response.headers['access-control-allow-origin']).toBeUndefined();
      return response.status;
    };
    expect(
      await status({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }),
    ).toBe(403);
    expect(await status({ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' })).toBe(403);
    expect(await status({ host: 'evil.example' })).toBe(403);
    expect(await status({ host: `evil.example:${new URL(webUrl).port}` }, 'DELETE')).toBe(403);
    expect(await status({ origin: 'https://evil.example' }, 'OPTIONS')).toBe(405);
    expect(await status({ host: 'localhost', 'sec-fetch-site': 'same-origin' })).toBe(200);
  });

  it('answers unknown mails and paths outside with not found', async () => {
    await send('ada@example.org');
    for (const route of ['/api/messages/nope', '/api/messages/..%2f..%2fpostgres', '/messages/nope/html', '/nope']) {
      expect((await get(route)).status).toBe(404);
    }
    const [{ id }] = await list();
    expect((await get(`/api/messages/${id}/attachments/0`)).status).toBe(404);
  });

  it.each([
    [421, 'EENVELOPE'],
    [550, 'EENVELOPE'],
  ])('can answer a recipient with %i', async (code, kind) => {
    catcher.faults = { onRcpt: (address) => (address.startsWith('bad') ? { code, message: 'no' } : undefined) };
    await expect(send('bad@example.org')).rejects.toMatchObject({ responseCode: code, code: kind });
    await send('good@example.org');
    expect(await list()).toMatchObject([{ to: ['good@example.org'] }]);
  });

  it('can answer the content with an error and take it the next time', async () => {
    let failures = 1;
    catcher.faults = { onData: () => (failures-- > 0 ? { code: 451, message: 'later' } : undefined) };
    await expect(send('ada@example.org')).rejects.toMatchObject({ responseCode: 451, code: 'EMESSAGE' });
    await send('ada@example.org');
    expect(await list()).toHaveLength(1);
  });

  it('names a taken port and the setting to change', async () => {
    const { port } = new URL(webUrl);
    const second = new MailCatcher({ dataDir: path.join(dataDir, 'second') });
    await expect(second.start({ smtpPort: 0, webPort: Number(port) })).rejects.toThrow(
      new RegExp(`Port ${port} .*EADDRINUSE.* IMBI_MAIL_CATCHER_WEB_PORT`),
    );
    const blocker = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    const taken = Object(blocker.address()).port;
    await expect(second.start({ smtpPort: taken, webPort: 0 })).rejects.toThrow('IMBI_MAIL_CATCHER_SMTP_PORT');
    blocker.close();
  });

  function raw(route: string, headers: Record<string, string>, method: string) {
    return new Promise<{ status?: number; headers: NodeJS.Dict<string | string[]>; body: string }>(
      (resolve, reject) => {
        const sent = request(new URL(route, webUrl), { headers, method }, async (response) =>
          resolve({ status: response.statusCode, headers: response.headers, body: await text(response) }),
        );
        sent.on('error', reject).end();
      },
    );
  }
});
