import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { createImbiClient, createUser, inviteUser, login } from '#sdk';
import { CHROMIUM, LAUNCH_ARGUMENTS, NO_CHROMIUM, watchForTroubles } from '#test/browser';
import { product } from '#test/product';
import { linkIn, mailTo } from './catcher.js';

const PASSWORD = 'Correct-Horse-9-Battery';
const OTHER = 'Another-Horse-9-Battery';
const itInBrowser = NO_CHROMIUM ? it.skip : it;
const because = NO_CHROMIUM ? ` (skipped: ${NO_CHROMIUM})` : '';
let browser: Browser | undefined;

beforeAll(async () => {
  if (!NO_CHROMIUM)
    browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: LAUNCH_ARGUMENTS });
});

afterAll(() => browser?.close());

async function openPage(): Promise<{ page: Page; troubles: string[] }> {
  if (!browser) throw new Error('The browser did not start.');
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  return { page, troubles: await watchForTroubles(page) };
}

async function choosePassword(page: Page, password: string, again = password): Promise<void> {
  await page.getByLabel('New password').fill(password);
  await page.getByLabel('Once more').fill(again);
  await page.getByRole('button').click();
}

const signIn = async (email: string, password: string) => {
  const client = createImbiClient({ baseUrl: product().url });
  return (await login({ client, body: { email, password } })).response?.status;
};

itInBrowser(`who is invited follows the link, chooses a password and can sign in${because}`, async () => {
  const { client, url } = product();
  const email = `page-${randomBytes(5).toString('hex')}@example.org`;
  const body = { email, display_name: 'Grace Hopper' };
  const { data } = await createUser({ client, body, throwOnError: true });
  await inviteUser({ client, path: { id: data.id }, throwOnError: true });
  const { page, troubles } = await openPage();
  await page.goto(url + linkIn(await mailTo(email, /invites you/)));
  // The token is in neither the address bar nor what a reload would send.
  expect(new URL(page.url()).hash).toBe('');
  await choosePassword(page, PASSWORD, OTHER);
  await page.getByText('The two passwords are not the same.').waitFor();
  await choosePassword(page, PASSWORD);
  await page.getByText('You are in.').waitFor();
  expect(troubles).toEqual([]);
  expect(await signIn(email, PASSWORD)).toBe(200);
});

itInBrowser(`who forgot the password gets through it by mail alone${because}`, async () => {
  const { client, url } = product();
  const email = `page-${randomBytes(5).toString('hex')}@example.org`;
  await createUser({ client, body: { email, display_name: 'Ada', password: PASSWORD }, throwOnError: true });
  const { page } = await openPage();
  await page.goto(url + linkIn(await mailTo(email, /Confirm/)));
  await page.getByRole('button').click();
  await page.getByText('The address is confirmed.').waitFor();

  await page.goto(`${url}/account/forgot-password`);
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button').click();
  await page.getByText('a mail is on its way').waitFor();
  const link = linkIn(await mailTo(email, /new password/));
  await page.goto(url + link);
  await choosePassword(page, 'short');
  await page
    .getByRole('alert')
    .filter({ hasText: /at least|character/ })
    .waitFor();
  await choosePassword(page, OTHER);
  await page.getByText('Your new password holds.').waitFor();
  expect(await signIn(email, OTHER)).toBe(200);

  // A new tab, because the same address with another hash is no new page.
  const second = (await openPage()).page;
  await second.goto(url + link);
  await choosePassword(second, PASSWORD);
  await second.getByText('The link does not work any more.').waitFor();
});
