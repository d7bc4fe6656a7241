import { existsSync } from 'node:fs';
import type { Page } from 'playwright-core';

export const CHROMIUM = '/usr/bin/chromium';
/** Why tests in a browser are skipped, where they are. */
export const NO_CHROMIUM = existsSync(CHROMIUM) ? undefined : `there is no ${CHROMIUM}`;
export const LAUNCH_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
];

/** Collects whatever goes wrong in the page: uncaught and logged errors, failed loads and what the policy blocks. */
export async function watchForTroubles(page: Page): Promise<string[]> {
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('requestfailed', (request) => troubles.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`answered ${response.status()}: ${response.url()}`);
  });
  await page.exposeFunction('reportBlocked', (blocked: string) => troubles.push(`blocked: ${blocked}`));
  await page.addInitScript(`
    document.addEventListener('securitypolicyviolation', (event) =>
      window.reportBlocked(event.violatedDirective + ' ' + event.blockedURI));
  `);
  return troubles;
}
