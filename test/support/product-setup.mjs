import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const START_TIMEOUT_MS = 120_000;

/**
 * Starts the product once for all end-to-end specs, as a user does, on ports and in a folder of its own.
 * Specs find it by `product()` of test/support/product.ts and keep apart by working in organizations of their own.
 */
export default async function setUp() {
  const directory = mkdtempSync(path.join(tmpdir(), 'imbi-e2e-'));
  const admin = { email: 'admin@example.org', password: 'Correct-Horse-9-Battery' };
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', path.join(ROOT, 'dist/apps/cli/src/main.js'), 'start'],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NODE_ENV: 'development',
        IMBI_DATA_DIR: directory,
        IMBI_PORT: '0',
        IMBI_MAIL_CATCHER_SMTP_PORT: '0',
        IMBI_MAIL_CATCHER_WEB_PORT: '0',
        IMBI_BOOTSTRAP_ADMIN_EMAIL: admin.email,
        IMBI_BOOTSTRAP_ADMIN_PASSWORD: admin.password,
        // The specs sign in far more often than any person.
        IMBI_RATE_LIMIT_LOGIN_PER_MINUTE: '10000',
        IMBI_RATE_LIMIT_REFRESH_PER_MINUTE: '10000',
        IMBI_RATE_LIMIT_PER_MINUTE: '1000000',
        // And side by side, as one administrator.
        IMBI_AUTH_MAX_CONCURRENT_SESSIONS: '1000',
        IMBI_LOG_LEVEL: 'warn',
        ...nativeEngines(),
      },
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output = `${output}${chunk}`.slice(-20_000);
    });
  }
  const url = await waitForUrl(directory, child, () => output);
  process.env.IMBI_E2E_URL = url;
  process.env.IMBI_E2E_ADMIN = JSON.stringify(admin);
  process.env.IMBI_E2E_DIRECTORY = directory;
  globalThis.imbiProduct = { child, directory, output: () => output };
}

/** With IMBI_TEST_ENGINES=native the product runs on real servers; the runner gives it a database of its own. */
function nativeEngines() {
  const { IMBI_TEST_ENGINES, IMBI_E2E_DATABASE_URL, IMBI_TEST_REDIS_URL } = process.env;
  if (IMBI_TEST_ENGINES !== 'native') return {};
  return {
    DATABASE_URL: IMBI_E2E_DATABASE_URL,
    REDIS_URL: IMBI_TEST_REDIS_URL,
    IMBI_QUEUE_PREFIX: `e2e-${process.pid}`,
  };
}

async function waitForUrl(directory, child, output) {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`The product ended with ${child.exitCode}:\n${output()}`);
    try {
      const { url } = JSON.parse(readFileSync(path.join(directory, 'server.json'), 'utf8'));
      const response = await fetch(new URL('/status/ready', url));
      if (response.ok) return url;
    } catch {
      // Not written or not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
  throw new Error(`The product was not ready in time:\n${output()}`);
}
