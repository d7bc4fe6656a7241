import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { requestContext } from '#libs/common';
import { loadConfig } from '#libs/config';
import { ConsumesFile, createHttpApp, FormBody, type IncomingForm, Public } from '../index.js';

const HEAD = '--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\ncontent-type: text/plain\r\n\r\n';
let reading = Promise.withResolvers<void>();

@Controller()
class FormController {
  @Post('forms')
  @Public()
  @ConsumesFile('A file.')
  async take(@FormBody() form: IncomingForm) {
    const read = form.readFile(async ({ content }) => ({
      request: requestContext.current()?.requestId,
      content: await text(content),
    }));
    reading.resolve();
    return read;
  }
}

@Module({ controllers: [FormController] })
class FormModule {}

let app: NestFastifyApplication;
let url: string;

beforeAll(async () => {
  app = await createHttpApp(FormModule, loadConfig({ IMBI_ACCESS_LOG: 'false' }));
  await app.listen(0, '127.0.0.1');
  url = `${await app.getUrl()}/api/forms`;
});
beforeEach(() => {
  reading = Promise.withResolvers();
});
afterAll(() => app?.close());

/** Sends nothing of the body until the handler waits for it, as it is where the network is slower than the server. */
async function sendLate(...chunks: string[]) {
  const sending = request(url, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
  });
  const answered = once(sending, 'response');
  sending.flushHeaders();
  await reading.promise;
  for (const chunk of chunks) await new Promise((resolve) => sending.write(chunk, resolve));
  sending.end();
  const [response]: [IncomingMessage] = (await answered) as [IncomingMessage];
  return {
    status: response.statusCode,
    requestId: response.headers['x-request-id'],
    body: JSON.parse(await text(response)),
  };
}

describe('a form whose bytes come when the handler already waits for them', () => {
  it('is read in the context of its request', async () => {
    const { status, requestId, body } = await sendLate(HEAD, 'hello', '\r\n--x--\r\n');
    expect(status).toBe(201);
    expect(body).toEqual({ request: requestId, content: 'hello' });
  });

  it.each([
    ['in the middle of its file', [HEAD, 'hello']],
    ['before its file', ['--x\r\ncontent-disp']],
    ['before its last boundary is whole', [HEAD, 'hello', '\r\n--x']],
  ])('is malformed where it ends %s', async (_where, chunks) => {
    const { status, body } = await sendLate(...chunks);
    expect([status, body.code]).toEqual([400, 'malformed_form']);
  });
});
