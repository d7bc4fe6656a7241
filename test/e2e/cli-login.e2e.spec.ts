import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { product } from '#test/product';
import { imbi } from './cli-process.js';

const TREE = path.join(import.meta.dirname, 'fixtures/backstage');

describe('imbi login', () => {
  let directory: string;
  const env = () => ({ IMBI_DATA_DIR: directory });
  const stored = () => path.join(directory, 'login.json');

  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'imbi-login-'));
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('refuses a wrong password and stores nothing', async () => {
    const { url, admin } = product();
    const { code, stderr } = await imbi(['login', url, '--email', admin.email], { env: env(), input: 'wrong\n' });
    expect(code).toBe(1);
    expect(stderr).toContain('401');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(stored())).toBe(false);
  });

  it('says what to do where nobody is signed in and no server runs', async () => {
    const { code, stderr } = await imbi(['import', 'backstage', TREE, '--organization', 'x'], { env: env() });
    expect(code).toBe(1);
    expect(stderr).toContain('imbi login <url> --email <you>');
  });

  it('takes the password from standard input, keeps the sign-in private, and later commands use it', async () => {
    const { url, admin } = product();
    const input = `${admin.password}\n`;
    const signedIn = await imbi(['login', `${url}/docs`, '--email', admin.email], { env: env(), input });
    expect(signedIn).toMatchObject({ code: 0, stderr: '' });
    expect(signedIn.stdout).toContain(`Signed in to ${url} as ${admin.email}`);
    expect(statSync(stored()).mode & 0o777).toBe(0o600);
    expect(readFileSync(stored(), 'utf8')).not.toContain(admin.password);
    const args = ['import', 'backstage', TREE, '--organization', 'no-such-organization', '--dry-run'];
    const used = await imbi(args, { env: env() });
    expect(used.code).toBe(0);
    expect(used.stdout).toContain(`at ${url}`);
  });

  it('goes on with a new token when the stored one has expired', async () => {
    const content = JSON.parse(readFileSync(stored(), 'utf8'));
    const { writeFile } = await import('node:fs/promises');
    await writeFile(stored(), JSON.stringify({ ...content, accessToken: 'expired' }));
    const args = ['import', 'backstage', TREE, '--organization', 'no-such-organization', '--dry-run'];
    expect((await imbi(args, { env: env() })).code).toBe(0);
    expect(JSON.parse(readFileSync(stored(), 'utf8')).refreshToken).not.toBe(content.refreshToken);
  });

  it('ends the sign-in at the server too', async () => {
    const { url } = product();
    const { refreshToken } = JSON.parse(readFileSync(stored(), 'utf8'));
    const out = await imbi(['logout'], { env: env() });
    expect(out).toMatchObject({ code: 0, stdout: `Signed out of ${url}.\n` });
    expect(existsSync(stored())).toBe(false);
    const refreshed = await fetch(new URL('/api/auth/refresh', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refresh_token: refreshToken }),
    });
    expect(refreshed.status).toBe(401);
    expect((await imbi(['logout'], { env: env() })).code).toBe(1);
  });
});
