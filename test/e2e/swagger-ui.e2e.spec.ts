import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { CHROMIUM, LAUNCH_ARGUMENTS, NO_CHROMIUM, watchForTroubles } from '#test/browser';
import { product } from '#test/product';

const STEP_TIMEOUT_MS = 20_000;
/** An image of one pixel. */
const DOT = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

interface ShownAnswer {
  readonly status: string;
  readonly body: Record<string, unknown>;
}

const itInBrowser = NO_CHROMIUM ? it.skip : it;
const because = NO_CHROMIUM ? ` (skipped: ${NO_CHROMIUM})` : '';

describe('Swagger UI', () => {
  let browser: Browser | undefined;

  beforeAll(async () => {
    if (NO_CHROMIUM) {
      process.stderr.write(`The test of Swagger UI is skipped: ${NO_CHROMIUM}.\n`);
      return;
    }
    // Playwright gives each launch a user data directory of its own and removes it.
    browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: LAUNCH_ARGUMENTS });
  });

  afterAll(async () => {
    await browser?.close();
  });

  itInBrowser(`lets a reader sign in, authorize, read and write, with nothing blocked${because}`, async () => {
    if (!browser) throw new Error('The browser did not start.');
    const page = await browser.newPage({ viewport: { width: 1280, height: 1400 } });
    page.setDefaultTimeout(STEP_TIMEOUT_MS);
    const troubles = await watchForTroubles(page);
    const { url, admin } = product();
    await page.goto(new URL('/docs', url).href);

    const login = await open(page, 'Authentication', 'login');
    await fillBody(login, { email: admin.email, password: admin.password });
    const session = await execute(login);
    expect(session.status).toBe('200');
    await authorize(page, String(session.body.access_token));

    // As the form stands: no example of an optional parameter may be sent unasked.
    const me = await execute(await open(page, 'Me', 'getMe'));
    expect(me).toMatchObject({ status: '200', body: { email: admin.email } });

    const slug = `docs-${randomBytes(4).toString('hex')}`;
    const creation = await open(page, 'Organizations', 'createOrganization');
    await fillBody(creation, { slug, name: 'Made in Swagger UI' });
    expect(await execute(creation)).toMatchObject({ status: '201', body: { slug, name: 'Made in Swagger UI' } });

    const upload = await open(page, 'Uploads', 'createUpload');
    const name = `${slug}.png`;
    await upload.locator('input[type=file]').setInputFiles({ name, mimeType: 'image/png', buffer: DOT });
    const uploaded = await execute(upload);
    expect(uploaded).toMatchObject({ status: '201', body: { filename: name, width: 1, height: 1 } });
    const shown = await openMore(page, 'Uploads', 'getUpload');
    await shown.locator('tr[data-param-name=id] input').fill(String(uploaded.body.id));
    await shown.getByRole('button', { name: 'Execute' }).click();
    const image = shown.locator('.live-responses-table img');
    await image.waitFor();
    expect(await image.evaluate((one) => Reflect.get(one, 'naturalWidth'))).toBe(1);

    expect(troubles).toEqual([]);
  });
});

/** Unfolds a tag and an operation of it; "Try it out" is on from the start. */
async function open(page: Page, tag: string, operationId: string): Promise<Locator> {
  await page.locator(`#operations-tag-${tag}`).click();
  return openMore(page, tag, operationId);
}

/** Another operation of a tag that is unfolded. */
async function openMore(page: Page, tag: string, operationId: string): Promise<Locator> {
  const operation = page.locator(`#operations-${tag}-${operationId}`);
  await operation.locator('.opblock-summary-control').click();
  await operation.getByRole('button', { name: 'Execute' }).waitFor();
  return operation;
}

async function fillBody(operation: Locator, body: object): Promise<void> {
  await operation.locator('textarea.body-param__text').fill(JSON.stringify(body, null, 2));
}

/** Sends what the form holds and answers what the page then shows. */
async function execute(operation: Locator): Promise<ShownAnswer> {
  await operation.getByRole('button', { name: 'Execute' }).click();
  const answer = operation.locator('.live-responses-table tbody tr').first();
  const status = await answer.locator('.response-col_status').innerText();
  const body = await answer.locator('.highlight-code code, pre.microlight').first().innerText();
  return { status: status.split('\n')[0] ?? '', body: JSON.parse(body) };
}

async function authorize(page: Page, token: string): Promise<void> {
  await page.locator('.auth-wrapper').getByRole('button', { name: 'Authorize' }).click();
  const dialog = page.locator('.modal-ux');
  await dialog.locator('input').fill(token);
  await dialog.getByRole('button', { name: 'Apply credentials' }).click();
  await dialog.getByRole('button', { name: 'Remove authorization' }).waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
}
