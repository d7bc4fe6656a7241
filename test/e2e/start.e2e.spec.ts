import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Client,
  createImbiClient,
  createOrganization,
  createProject,
  createProjectType,
  createTeam,
  getJsonWebKeySet,
  getMe,
  items,
  listProjects,
  password,
} from '#sdk';
import { imbi, StartedImbi, startEnvironment } from './cli-process.js';

const STOP_MILLISECONDS = 10_000;
const START_TIMEOUT = 120_000;
const EMAIL = 'admin@imbi.local';
const org = 'acme';

describe('imbi start', () => {
  let directory: string;
  let firstPassword = '';
  let running: StartedImbi | undefined;

  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'imbi-start-'));
  });

  afterEach(() => {
    running?.killGroup();
    running = undefined;
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  async function start(): Promise<{ url: string; client: Client; process: StartedImbi }> {
    running = new StartedImbi(directory);
    const url = await running.ready();
    return {
      url,
      process: running,
      client: createImbiClient({ baseUrl: url, credentials: password(EMAIL, firstPassword) }),
    };
  }

  it('names the variable, its problem and an example where the configuration is wrong, and makes nothing', async () => {
    const { code, stderr } = await imbi(['start'], { env: { IMBI_PORT: 'eighty', IMBI_LOG_LEVEL: 'loud' } });
    expect(code).toBe(1);
    expect(stderr).toContain('IMBI_PORT "eighty" is not a whole number (for example: IMBI_PORT=8300)');
    expect(stderr).toContain('IMBI_LOG_LEVEL "loud" is none of debug, info, warn, error, silent');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it.each(['IMBI_PORT', 'IMBI_MAIL_CATCHER_SMTP_PORT', 'IMBI_MAIL_CATCHER_WEB_PORT'])(
    'names a busy port with %s, before it makes anything',
    async (setting) => {
      const { port, close } = await occupyPort();
      try {
        const env = { ...startEnvironment(directory), [setting]: String(port) };
        const { code, stderr } = await imbi(['start'], { env });
        expect(code).toBe(1);
        expect(stderr).toContain(`Port ${port} is in use`);
        expect(stderr).toContain(setting);
        expect(stderr).not.toMatch(/^\s+at /m);
      } finally {
        await close();
      }
    },
  );

  it(
    'shows the panel and the first password, keeps standard output to the log, and refuses a second start',
    async () => {
      const { url, process: first } = await start();
      expect(first.stderr).toContain(`API         ${url}/api`);
      expect(first.stderr).toContain(`Swagger UI  ${url}/docs`);
      expect(first.stderr).toContain(directory);
      firstPassword = /Password\s+(\S+)\s+\(shown this once\)/.exec(first.stderr)?.[1] ?? '';
      expect(firstPassword).not.toBe('');
      const client = createImbiClient({ baseUrl: url, credentials: password(EMAIL, firstPassword) });
      expect((await getMe({ client, throwOnError: true })).data.email).toBe(EMAIL);
      for (const line of first.stdout.split('\n').filter(Boolean)) expect(JSON.parse(line)).toHaveProperty('msg');
      expect(first.stdout).not.toContain(firstPassword);

      const second = await imbi(['start'], { env: startEnvironment(directory) });
      expect(second.code).toBe(1);
      expect(second.stderr).toContain(`Imbi already runs in ${directory}: ${url} (process ${first.process.pid})`);
      expect(second.stderr).toContain('IMBI_DATA_DIR');
      // Even where it does not answer, its engine holds the directory.
      rmSync(path.join(directory, 'server.json'));
      const third = await imbi(['start'], { env: startEnvironment(directory) });
      expect(third.code).toBe(1);
      expect(third.stderr).toMatch(new RegExp(`in use by (pid|process) ${first.process.pid}`));
      expect(third.stderr).not.toMatch(/^\s+at /m);
      expect((await fetch(new URL('/status/ready', url))).status).toBe(200);
    },
    START_TIMEOUT,
  );

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'stops cleanly at %s and leaves no process; the password is not shown again',
    async (signal) => {
      const { process: started, client } = await start();
      expect(started.stderr).not.toContain('Password');
      expect((await getMe({ client, throwOnError: true })).data.email).toBe(EMAIL);
      expect(await started.stop(signal)).toBe(0);
      expect(started.groupIsGone).toBe(true);
    },
    START_TIMEOUT,
  );

  it(
    'loses nothing that was acknowledged when the whole tree is killed',
    async () => {
      const { process: started, client } = await start();
      await createOrganization({ client, body: { slug: org, name: 'Acme' }, throwOnError: true });
      await createTeam({ client, path: { org }, body: { slug: 'core', name: 'Core' }, throwOnError: true });
      await createProjectType({ client, path: { org }, body: { slug: 'api', name: 'API' }, throwOnError: true });
      const acknowledged: string[] = [];
      const writers = Promise.all(
        Array.from({ length: 4 }, (_, writer) => writeUntilDown(client, writer, acknowledged)),
      );
      while (acknowledged.length < 60) await delay(10);
      started.signalGroup('SIGKILL');
      await started.ended;
      await writers;

      const again = await start();
      const page = (cursor: string | undefined) =>
        listProjects({ client: again.client, path: { org }, query: { cursor, limit: 200 }, throwOnError: true });
      const found = new Set<string>();
      for await (const project of items(page)) found.add(project.slug);
      expect(acknowledged.filter((slug) => !found.has(slug))).toEqual([]);
      expect(await again.process.stop()).toBe(0);
    },
    START_TIMEOUT,
  );

  it(
    'takes its engine with it when it alone is killed, and starts again',
    async () => {
      const { process: started } = await start();
      started.process.kill('SIGKILL');
      await started.ended;
      expect(await started.untilGroupIsGone(STOP_MILLISECONDS)).toBe(true);
      const again = await start();
      expect(await again.process.stop()).toBe(0);
    },
    START_TIMEOUT,
  );

  it(
    'refuses to rotate the signing keys under a running server, and does it when that has stopped',
    async () => {
      const env = { IMBI_DATA_DIR: directory };
      const { url, process: started, client } = await start();
      const before = await keyIds(url);
      // Taken now, signed with the old key; the client goes on with it after the restart.
      await getMe({ client, throwOnError: true });
      const refused = await imbi(['keys', 'rotate'], { env });
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('Stop it first');
      await started.stop();

      const rotated = await imbi(['keys', 'rotate'], { env });
      expect(rotated).toMatchObject({ code: 0, stderr: '' });
      const again = await start();
      const after = await keyIds(again.url);
      expect(after).toHaveLength(before.length + 1);
      expect(rotated.stdout).toContain(String(after[0]));
      expect(after.slice(1)).toEqual(before);
    },
    START_TIMEOUT,
  );
});

async function writeUntilDown(client: Client, writer: number, acknowledged: string[]): Promise<void> {
  for (let number = 0; ; number += 1) {
    const slug = `p-${writer}-${number}`;
    try {
      const body = { slug, name: slug, team: 'core', project_types: ['api'] };
      await createProject({ client, path: { org }, body, throwOnError: true });
      acknowledged.push(slug);
    } catch {
      return;
    }
  }
}

async function keyIds(url: string): Promise<unknown[]> {
  const { data } = await getJsonWebKeySet({ client: createImbiClient({ baseUrl: url }), throwOnError: true });
  return data.keys.map(({ kid }) => kid);
}

async function occupyPort(): Promise<{ port: number; close(): Promise<void> }> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}
