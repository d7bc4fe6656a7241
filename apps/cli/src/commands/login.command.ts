import { hostname } from 'node:os';
import path from 'node:path';
import { loadConfig } from '#libs/config';
import { createImbiClient, login as signIn, logout as signOut } from '#sdk';
import { clientWith } from '../client/connect.js';
import { readPassword } from '../client/read-password.js';
import { readCredential, removeCredential, writeCredential } from '../client/stored-credential.js';
import { UsageError } from '../report-failure.js';

/** Signs in to a server and keeps the sign-in for later commands. */
export async function login(address: string, { email }: { email: string }): Promise<void> {
  const directory = path.resolve(loadConfig().data.directory);
  const url = originOf(address);
  const password = await readPassword(`Password of ${email} at ${url}: `);
  const body = { email, password, device_label: `imbi on ${hostname()}`.slice(0, 200) };
  const client = createImbiClient({ baseUrl: url });
  const first = await signIn({ client, body });
  const mfa_code = first.error?.code === 'mfa_required' ? await readPassword(`Code for ${email}: `) : undefined;
  const { data } =
    mfa_code === undefined && first.data !== undefined
      ? first
      : await signIn({ client, body: { ...body, mfa_code }, throwOnError: true });
  const { access_token: accessToken, refresh_token: refreshToken } = data;
  if (refreshToken === undefined) throw new Error('The server gave no refresh token.');
  // First, because the old sign-in may be renewed, and so stored, once more to be ended.
  const before = readCredential(directory, 'login');
  if (before) await signOut({ client: clientWith(directory, 'login', before), body: {} });
  writeCredential(directory, 'login', { url, refreshToken, accessToken });
  process.stdout.write(
    `Signed in to ${url} as ${email}; commands of ${directory} now go there. \`imbi logout\` ends it.\n`,
  );
}

/** Ends the sign-in of {@link login}. */
export async function logout(): Promise<void> {
  const directory = path.resolve(loadConfig().data.directory);
  const stored = readCredential(directory, 'login');
  if (!stored) throw new UsageError(`There is no sign-in in ${directory}.`);
  const { error } = await signOut({ client: clientWith(directory, 'login', stored), body: {} });
  removeCredential(directory, 'login');
  const rest = error ? '; the server could not be told, so its session there ends by itself' : '';
  process.stdout.write(`Signed out of ${stored.url}${rest}.\n`);
}

function originOf(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`"${address}" is no address such as http://127.0.0.1:8300.`);
  }
  return url.origin;
}
