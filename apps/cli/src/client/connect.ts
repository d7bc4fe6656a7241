import path from 'node:path';
import { loadConfig } from '#libs/config';
import { type Client, createImbiClient, tokens } from '#sdk';
import { UsageError } from '../report-failure.js';
import { findRunningServer } from '../start/server-file.js';
import { type CredentialKind, readCredential, type StoredCredential, writeCredential } from './stored-credential.js';

// A command rather waits for its turn than gives up half way.
const RETRY = { attempts: 8, maxMilliseconds: 65_000 };

/**
 * A client for the commands that work over HTTP: with the sign-in of `imbi login`, else the one that `imbi start` left
 * in the data directory of a running server.
 */
export async function connect(): Promise<{ client: Client; url: string }> {
  const directory = path.resolve(loadConfig().data.directory);
  const login = readCredential(directory, 'login');
  if (login) return { client: clientWith(directory, 'login', login), url: login.url };
  const server = await findRunningServer(directory);
  if (!server) {
    throw new UsageError(
      `No server runs in ${directory}, and nobody is signed in. Start one (npm start), or run \`imbi login <url> --email <you>\`.`,
    );
  }
  const local = readCredential(directory, 'credential');
  if (!local)
    throw new UsageError(
      `The server at ${server.url} left no sign-in. Run \`imbi login ${server.url} --email <you>\`.`,
    );
  // It may listen on another port than when the sign-in was stored.
  const { url } = server;
  return { client: clientWith(directory, 'credential', { ...local, url }), url };
}

/** A client that keeps each new pair of tokens for the next command. */
export function clientWith(directory: string, kind: CredentialKind, stored: StoredCredential): Client {
  const { url, accessToken = '', refreshToken } = stored;
  const credentials = tokens({ accessToken, refreshToken }, (renewed) => {
    writeCredential(directory, kind, {
      url,
      refreshToken: renewed.refreshToken ?? refreshToken,
      accessToken: renewed.accessToken,
    });
  });
  return createImbiClient({ baseUrl: url, credentials, retry: RETRY });
}
