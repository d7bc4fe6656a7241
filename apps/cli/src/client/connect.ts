import path from 'node:path';
import { loadConfig } from '#libs/config';
import { type Client, createImbiClient, tokens } from '#sdk';
import { UsageError } from '../report-failure.js';
import { readCredential, readServerFile, writeCredential } from '../start/server-file.js';

/**
 * A client for the commands that work over HTTP: with the sign-in of `imbi login`, or the one that `imbi start` left in
 * the data directory.
 */
export function connect(): { client: Client; url: string } {
  const directory = path.resolve(loadConfig().data.directory);
  const credential = readCredential(directory);
  if (!credential) {
    throw new UsageError(
      `There is no sign-in in ${directory}. Start the server there (npm start), or run \`imbi login <url> --email <you>\`.`,
    );
  }
  // The server of this directory may listen on another port than when the sign-in was stored.
  const url = readServerFile(directory)?.url ?? credential.url;
  const credentials = tokens({ accessToken: '', refreshToken: credential.refreshToken }, ({ refreshToken }) => {
    if (refreshToken !== undefined) writeCredential(directory, { url, refreshToken });
  });
  return { client: createImbiClient({ baseUrl: url, credentials }), url };
}
