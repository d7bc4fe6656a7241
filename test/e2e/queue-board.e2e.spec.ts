import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, chromium } from 'playwright-core';
import { CHROMIUM, LAUNCH_ARGUMENTS, NO_CHROMIUM, watchForTroubles } from '#test/browser';
import { product } from '#test/product';

const itInBrowser = NO_CHROMIUM ? it.skip : it;
const because = NO_CHROMIUM ? ` (skipped: ${NO_CHROMIUM})` : '';

describe('the board of queues', () => {
  let browser: Browser | undefined;

  beforeAll(async () => {
    if (NO_CHROMIUM) {
      process.stderr.write(`The test of the board of queues is skipped: ${NO_CHROMIUM}.\n`);
      return;
    }
    browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: LAUNCH_ARGUMENTS });
  });

  afterAll(async () => {
    await browser?.close();
  });

  itInBrowser(`lets an operator sign in, look and pause a queue, with nothing blocked${because}`, async () => {
    if (!browser) throw new Error('The browser did not start.');
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(20_000);
    const troubles = await watchForTroubles(page);
    const { url, admin } = product();
    await page.goto(new URL('/admin/queues', url).href);

    await page.getByLabel('E-mail').fill(admin.email);
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
    // The page and the wrong password are answered 401, which the browser reports.
    expect(troubles.splice(0).filter((trouble) => !trouble.includes('401'))).toEqual([]);

    await page.getByLabel('Password').fill(admin.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'schedules' }).first().waitFor();
    expect(await page.title()).toContain('Imbi queues');

    await page.goto(new URL('/admin/queues/queue/schedules', url).href);
    await page.getByText('completed', { exact: false }).first().waitFor();
    await page.getByText('janitor').first().waitFor();
    for (const change of ['pause', 'resume']) {
      const sent = `fetch('/admin/queues/api/queues/schedules/${change}', { method: 'PUT' }).then(({ ok }) => ok)`;
      expect(await page.evaluate(sent)).toBe(true);
    }
    expect(await page.evaluate('document.cookie')).toBe('');
    expect(troubles).toEqual([]);
  });
});
