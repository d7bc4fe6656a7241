import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ACCOUNT_PAGE_POLICY, ACCOUNT_PAGES, ACCOUNT_SCRIPT, accountPage } from './account.page.js';

/**
 * Serves what the links in mails lead to where no console is set; call it before the application listens. The pages
 * hold nothing of anybody: the token is behind the `#` of the link, and goes to the API alone.
 */
export function serveAccountPages(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  for (const [name, texts] of Object.entries(ACCOUNT_PAGES)) {
    const page = accountPage(texts);
    fastify.get(`/account/${name}`, (_request, reply) => {
      reply
        .header('content-security-policy', ACCOUNT_PAGE_POLICY)
        .header('referrer-policy', 'no-referrer')
        .header('cache-control', 'no-store')
        .type('text/html; charset=utf-8')
        .send(page);
    });
  }
  fastify.get('/account/page.js', (_request, reply) => {
    reply.type('text/javascript; charset=utf-8').send(ACCOUNT_SCRIPT);
  });
}
