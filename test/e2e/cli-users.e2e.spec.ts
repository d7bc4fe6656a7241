import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createImbiClient, login } from '#sdk';
import { product } from '#test/product';
import { imbi } from './cli-process.js';

describe('accounts by the command line', () => {
  const email = `chief-${randomBytes(4).toString('hex')}@example.org`;
  let directory: string;
  const env = () => ({ IMBI_DATA_DIR: directory });

  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'imbi-users-'));
    const { url, admin } = product();
    await imbi(['login', url, '--email', admin.email], { env: env(), input: `${admin.password}\n` });
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  async function status(password: string): Promise<number> {
    const client = createImbiClient({ baseUrl: product().url });
    return (await login({ client, body: { email, password } })).response?.status ?? 0;
  }

  it('makes an administrator, who can sign in', async () => {
    const weak = await imbi(['create-admin', email], { env: env(), input: 'weak\n' });
    expect(weak.code).toBe(1);
    expect(weak.stderr).toContain('password');
    const input = 'Correct-Horse-9-Battery\n';
    const made = await imbi(['create-admin', email, '--name', 'Chief'], { env: env(), input });
    expect(made).toEqual({ code: 0, stderr: '', stdout: `${email} is an administrator of ${product().url}.\n` });
    expect(await status('Correct-Horse-9-Battery')).toBe(200);
  });

  it('gives an account a new password', async () => {
    const unknown = await imbi(['reset-password', 'nobody@example.org'], { env: env(), input: 'x\n' });
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('No user has the address')]);
    const reset = await imbi(['reset-password', email], { env: env(), input: 'Better-Horse-10-Battery\n' });
    expect(reset).toMatchObject({ code: 0, stderr: '' });
    expect(await status('Correct-Horse-9-Battery')).toBe(401);
    expect(await status('Better-Horse-10-Battery')).toBe(200);
  });
});
