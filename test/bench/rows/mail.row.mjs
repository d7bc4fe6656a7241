import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApiClient } from '../api-client.mjs';
import { post } from '../callers.mjs';
import { callsInTurn } from '../load.mjs';
import { startEmbedded } from '../processes.mjs';
import { ms } from '../report.mjs';
import { CALLER, CALLERS } from '../seed.mjs';

const BAR = 1.3;

export const row = {
  order: 64,
  title: 'GET /api/me while the mail server hangs, with api and worker in one process',
  needs: 'graphs',
  async measure({ native, graphs, timing }) {
    const [{ projects, writesUrl }] = graphs;
    const mailServer = await hangingMailServer();
    const directory = mkdtempSync(path.join(tmpdir(), 'imbi-bench-'));
    const product = await startEmbedded({
      directory,
      env: {
        DATABASE_URL: writesUrl,
        REDIS_URL: native.redisUrl,
        IMBI_QUEUE_PREFIX: `bench-mail-${process.pid}`,
        SMTP_URL: mailServer.url,
        IMBI_MAIL_TIMEOUT: '60s',
      },
    });
    try {
      const client = await ApiClient.signIn(product.url, CALLER);
      const calls = timing.calls * 2;
      const measure = async () => (await callsInTurn(client, [['/api/me']], calls))[0];
      await measure();
      const before = await measure();
      for (const { email } of CALLERS) await post(`${product.url}/api/auth/forgot-password`, { email });
      await mailServer.reached;
      const during = await measure();
      const hung = mailServer.open();
      if (hung === 0) throw new Error('no mail hung at the mail server');
      const share = during.p50 / before.p50;
      return [
        {
          work: `GET /api/me while ${hung} connections hang at the mail server, against before (p50)`,
          projects,
          ours: `p50 ${ms(during.p50)}, p95 ${ms(during.p95)}`,
          yardstick: `p50 ${ms(before.p50)}, p95 ${ms(before.p95)}`,
          ratio: share,
          bar: `≤ ${BAR}`,
          met: share <= BAR,
        },
      ];
    } finally {
      await product.stop();
      await mailServer.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

/** Greets, and never answers again. */
async function hangingMailServer() {
  const sockets = new Set();
  let reach;
  const reached = new Promise((resolve) => {
    reach = resolve;
  });
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.write('220 hanging\r\n');
    socket.once('data', () => reach());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `smtp://127.0.0.1:${server.address().port}`,
    reached,
    open: () => sockets.size,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
