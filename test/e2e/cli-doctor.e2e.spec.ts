import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { product } from '#test/product';
import { imbi, startEnvironment } from './cli-process.js';

describe('imbi doctor', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'imbi-doctor-'));
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('finds nothing wrong before the first start, and makes nothing', async () => {
    const { code, stdout } = await imbi(['doctor'], { env: startEnvironment(path.join(directory, 'new')) });
    expect(stdout).toContain('ok   database: embedded; it is made at the first start');
    expect(stdout).not.toMatch(/^FAIL/m);
    expect(code).toBe(0);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('asks a running server what it knows of its dependencies', async () => {
    const { code, stdout } = await imbi(['doctor'], { env: { IMBI_DATA_DIR: product().directory } });
    expect(stdout).toMatch(new RegExp(`ok {3}server: ${product().url} \\(process \\d+\\) is ready`));
    expect(stdout).toMatch(/ok {3}server\/database: up/);
    expect(code).toBe(0);
  });

  it('lists every bad variable', async () => {
    const { code, stdout } = await imbi(['doctor'], { env: { IMBI_PORT: 'x', IMBI_LOG_LEVEL: 'y' } });
    expect(code).toBe(1);
    expect(stdout.match(/^FAIL configuration: /gm)).toHaveLength(2);
  });

  it('says of each engine that it cannot reach what to do, and prints no secret', async () => {
    const env = {
      ...startEnvironment(directory),
      DATABASE_URL: 'postgresql://imbi:hunter-two@127.0.0.1:1/imbi',
      REDIS_URL: 'redis://:hunter-two@127.0.0.1:1',
      CLICKHOUSE_URL: 'http://imbi:hunter-two@127.0.0.1:1',
      SMTP_URL: 'smtp://imbi:hunter-two@127.0.0.1:1',
      S3_BUCKET: 'uploads',
      S3_ENDPOINT: 'http://127.0.0.1:1',
      S3_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      S3_SECRET_ACCESS_KEY: 'hunter-two',
    };
    const { code, stdout, stderr } = await imbi(['doctor'], { env });
    expect(code).toBe(1);
    for (const name of ['database', 'jobs', 'files', 'mail'])
      expect(stdout).toMatch(new RegExp(`^FAIL ${name}: .* — `, 'm'));
    expect(stdout).toMatch(/^warn analytics: .* — /m);
    for (const setting of ['DATABASE_URL', 'REDIS_URL', 'CLICKHOUSE_URL', 'SMTP_URL', 'S3_BUCKET']) {
      expect(stdout).toContain(setting);
    }
    expect(stdout + stderr).not.toContain('hunter-two');
    expect(stderr).toBe('');
  });
});
