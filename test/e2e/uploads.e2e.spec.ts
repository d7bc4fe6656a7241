import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { deleteUpload, getUpload, getUploadMeta, ProblemError, type UploadProgress, uploadFile } from '#sdk';
import { CHROMIUM, LAUNCH_ARGUMENTS, NO_CHROMIUM } from '#test/browser';
import { newOrganization, product } from '#test/product';

const SDK = path.resolve(import.meta.dirname, '../../dist/openapi/sdk/src');
const itInBrowser = NO_CHROMIUM ? it.skip : it;
const because = NO_CHROMIUM ? ` (skipped: ${NO_CHROMIUM})` : '';

/** A text of its own each time. */
function notes(bytes: number): Buffer {
  return Buffer.from(randomBytes(bytes / 2).toString('hex'));
}

/** Never goes back, and ends with all of it. */
function expectWhole(progress: readonly UploadProgress[], total: number): void {
  expect(progress.at(-1)).toEqual({ sent: total, total });
  expect(progress.map(({ sent }) => sent)).toEqual(progress.map(({ sent }) => sent).sort((a, b) => a - b));
}

describe('uploadFile of the SDK', () => {
  let organization: string;

  beforeAll(async () => {
    organization = await newOrganization('files');
  });

  it('sends a stream of Node, and tells how far it is', async () => {
    const { client } = product();
    const content = notes(400_000);
    const source = Readable.from(
      Array.from({ length: 10 }, (_one, n) => content.subarray(n * 40_000, (n + 1) * 40_000)),
    );
    const progress: UploadProgress[] = [];
    const upload = await uploadFile({
      ...{ client, organization, source, filename: 'notes.txt', size: content.length },
      onProgress: (step) => progress.push(step),
    });
    expect(upload).toMatchObject({ filename: 'notes.txt', content_type: 'text/plain', size: content.length });
    expectWhole(progress, content.length);
    expect(progress.length).toBe(10);
    const { data } = await getUpload({ client, path: { id: upload.id }, parseAs: 'text', throwOnError: true });
    expect(data).toBe(content.toString());
  });

  it('sends a Blob', async () => {
    const { client } = product();
    const content = notes(200_000);
    const progress: UploadProgress[] = [];
    const source = new Blob([content as BlobPart]);
    const onProgress = (step: UploadProgress) => progress.push(step);
    const upload = await uploadFile({ client, organization, source, filename: 'läse mich.md', onProgress });
    expect(upload).toMatchObject({ filename: 'läse mich.md', content_type: 'text/markdown', size: content.length });
    expectWhole(progress, content.length);
    await deleteUpload({ client, path: { id: upload.id }, throwOnError: true });
    const gone = await getUploadMeta({ client, path: { id: upload.id } });
    expect(gone.error).toMatchObject({ status: 404 });
  });

  it('throws the problem that the server answers with, and the reason of its signal', async () => {
    const { client } = product();
    const source = new Blob(['<html><script>alert(1)</script></html>'], { type: 'image/png' });
    const refused = uploadFile({ client, organization, source, filename: 'a.png' });
    await expect(refused).rejects.toMatchObject({ code: 'upload_type_mismatch', status: 415 });
    await expect(refused).rejects.toBeInstanceOf(ProblemError);
    const stopped = AbortSignal.abort(new Error('enough'));
    const aborted = uploadFile({ client, organization, source, filename: 'a.png', signal: stopped });
    await expect(aborted).rejects.toThrow('enough');
  });
});

describe('uploadFile in a browser', () => {
  let browser: Browser | undefined;

  beforeAll(async () => {
    if (!NO_CHROMIUM) {
      browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: LAUNCH_ARGUMENTS });
    }
  });

  afterAll(async () => {
    await browser?.close();
  });

  itInBrowser(`sends a File that somebody chose, and tells how far it is${because}`, async () => {
    if (!browser) throw new Error('The browser did not start.');
    const { url, admin } = product();
    const page = await browser.newPage();
    await serveSdk(page, url);
    await page.goto(`${url}/sdk-test/index.html`);
    const content = notes(3_000_000);
    await page.setInputFiles('input', { name: 'chosen.csv', mimeType: 'text/csv', buffer: content });
    const outcome = await page.evaluate(`(async () => {
      const { createImbiClient, password, uploadFile } = await import('/sdk-test/index.js');
      const client = createImbiClient({ baseUrl: location.origin, credentials: password(${JSON.stringify(admin.email)}, ${JSON.stringify(admin.password)}) });
      const [source] = document.querySelector('input').files;
      const progress = [];
      const upload = await uploadFile({ client, source, onProgress: (step) => progress.push(step) });
      return { upload, progress };
    })()`);
    const { upload, progress } = outcome as { upload: Record<string, unknown>; progress: UploadProgress[] };
    expect(upload).toMatchObject({ filename: 'chosen.csv', content_type: 'text/csv', size: content.length });
    expectWhole(progress, content.length);
    await page.close();
  });
});

/** The SDK as it was built, on the origin of the product, as a page of the product's own would have it. */
async function serveSdk(page: Page, url: string): Promise<void> {
  await page.route(`${url}/sdk-test/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname.endsWith('.html')) return route.fulfill({ contentType: 'text/html', body: '<input type="file">' });
    const file = path.join(SDK, pathname.replace('/sdk-test/', ''));
    return route.fulfill({ contentType: 'text/javascript', body: await readFile(file, 'utf8') });
  });
}
