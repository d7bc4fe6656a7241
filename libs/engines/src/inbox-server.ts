import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createLogger, errorMessage } from '#libs/common';
import { INBOX_CSS, INBOX_HTML, INBOX_SCRIPT } from './inbox.page.js';
import type { MailStore } from './mail-store.js';

const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'";
// No script runs, nothing is sent anywhere and no remote picture tells the sender that the mail was read.
const MAIL_POLICY =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; " +
  "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";
const KEEP_ALIVE_MILLISECONDS = 15_000;
const logger = createLogger('mail-catcher');

type Answer = { status?: number; type: string; body: string | Buffer; headers?: Record<string, string> };

/** The inbox page and its JSON API. Reset links pass through here, so no other origin may read any of it. */
export class InboxServer {
  readonly server: Server;
  private readonly watchers = new Set<ServerResponse>();

  constructor(private readonly store: MailStore) {
    this.server = createServer((request, response) => {
      this.handle(request, response).catch((error: unknown) => {
        logger.warn({ error: errorMessage(error) }, 'the inbox failed to answer');
        send(response, problem(500, 'The inbox failed to answer.'));
      });
    });
  }

  /** Tells open pages that the list has changed. */
  announce(): void {
    for (const response of this.watchers) response.write('event: change\ndata: {}\n\n');
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = this.refusal(request);
    if (refusal) return send(response, problem(403, refusal));
    const url = new URL(request.url ?? '/', 'http://inbox');
    if (request.method === 'GET' && url.pathname === '/api/events') return this.watch(response);
    send(response, await this.answer(request.method ?? 'GET', url));
  }

  // A foreign name that resolves to 127.0.0.1 would make its page same-origin with us.
  private refusal(request: IncomingMessage): string | undefined {
    const host = request.headers.host?.replace(/:\d+$/, '');
    if (host !== '127.0.0.1' && host !== 'localhost') return 'Open the inbox as 127.0.0.1 or localhost.';
    const site = request.headers['sec-fetch-site'];
    const navigation = request.headers['sec-fetch-mode'] === 'navigate' && request.method === 'GET';
    if (site === undefined || site === 'same-origin' || site === 'none' || navigation) return undefined;
    return 'Other sites may not use the inbox.';
  }

  private async answer(method: string, url: URL): Promise<Answer> {
    const path = url.pathname;
    const mail = /^\/(?:api\/)?messages\/([^/]+)(\/html|\/attachments\/(\d{1,3}))?$/.exec(path);
    if (method === 'DELETE' && path === '/api/messages') return this.clear();
    if (method !== 'GET' && method !== 'HEAD') return problem(405, 'The inbox only reads, and deletes all its mails.');
    if (path === '/')
      return { type: 'text/html', body: INBOX_HTML, headers: { 'Content-Security-Policy': PAGE_POLICY } };
    if (path === '/inbox.css') return { type: 'text/css', body: INBOX_CSS };
    if (path === '/inbox.js') return { type: 'text/javascript', body: INBOX_SCRIPT };
    if (path === '/api/messages')
      return json({ data: this.store.list({ to: url.searchParams.get('to') ?? undefined }) });
    if (!mail) return problem(404, 'There is no such page.');
    const [, id = '', part, index] = mail;
    if (index !== undefined) return this.attachment(id, Number(index));
    const found = await this.store.find(id);
    if (!found) return problem(404, 'There is no such mail.');
    if (!part) return json(found);
    // Links of the mail open in a window of their own, outside the frame.
    const body = `<!doctype html><meta charset="utf-8"><base target="_blank">${found.html ?? ''}`;
    return { type: 'text/html', body, headers: { 'Content-Security-Policy': MAIL_POLICY } };
  }

  private async attachment(id: string, index: number): Promise<Answer> {
    const found = await this.store.attachment(id, index);
    if (!found) return problem(404, 'There is no such attachment.');
    const disposition = `attachment; filename*=UTF-8''${encodeURIComponent(found.filename)}`;
    return { type: 'application/octet-stream', body: found.content, headers: { 'Content-Disposition': disposition } };
  }

  private async clear(): Promise<Answer> {
    await this.store.clear();
    this.announce();
    return { status: 204, type: 'text/plain', body: '' };
  }

  private watch(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write('retry: 1000\n\n');
    const keepAlive = setInterval(() => response.write(': still here\n\n'), KEEP_ALIVE_MILLISECONDS);
    keepAlive.unref();
    this.watchers.add(response);
    response.on('close', () => {
      clearInterval(keepAlive);
      this.watchers.delete(response);
    });
  }
}

function json(value: unknown): Answer {
  return { type: 'application/json', body: JSON.stringify(value) };
}

function problem(status: number, title: string): Answer {
  return { status, type: 'application/problem+json', body: JSON.stringify({ type: 'about:blank', status, title }) };
}

function send(response: ServerResponse, { status = 200, type, body, headers = {} }: Answer): void {
  if (response.headersSent) {
    response.end();
    return;
  }
  response.writeHead(status, {
    'Content-Type': type.startsWith('text/') ? `${type}; charset=utf-8` : type,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
    ...headers,
  });
  response.end(body);
}
