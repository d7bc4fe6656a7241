import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import { errorMessage } from '#libs/common';
import type { Config } from '#libs/config';
import { portFault, wantedPorts } from '../start/free-port.js';
import { type Finding, fail, ok, warn } from './finding.js';

const NODE_MAJOR = 24;
const LOW_BYTES = 2 * 1024 ** 3;
const TOO_LOW_BYTES = 200 * 1024 ** 2;

export function checkNode(): Finding {
  const { node } = process.versions;
  if (Number(node.split('.')[0]) === NODE_MAJOR) return ok('node', node);
  return warn(
    'node',
    `${node}, not the ${NODE_MAJOR} that is tested`,
    'run it by `npm start` or `npm run imbi`, which bring the right one',
  );
}

export function checkDirectory({ data, database }: Config): Finding[] {
  const { directory } = data;
  const parent = existingParent(directory);
  const findings: Finding[] = [];
  try {
    accessSync(parent, constants.R_OK | constants.W_OK | constants.X_OK);
    findings.push(
      ok('data directory', parent === directory ? `${directory} is writable` : `${directory} will be made`),
    );
  } catch (error) {
    findings.push(
      fail('data directory', errorMessage(error), 'give this user the right to write there, or set IMBI_DATA_DIR'),
    );
    return findings;
  }
  const { bavail, bsize } = statfsSync(parent);
  findings.push(checkSpace(bavail * bsize, database.url === undefined));
  return findings;
}

function checkSpace(free: number, embedded: boolean): Finding {
  const text =
    free > 1024 ** 3 ? `${(free / 1024 ** 3).toFixed(1)} GiB free` : `${Math.round(free / 1024 ** 2)} MiB free`;
  const remedy = 'make room there, or set IMBI_DATA_DIR to a larger disk';
  if (embedded && free < TOO_LOW_BYTES) return fail('disk', text, remedy);
  return free < LOW_BYTES ? warn('disk', text, remedy) : ok('disk', text);
}

export function checkKeys({ auth, data, server }: Config): Finding {
  if (auth.encryptionKey !== undefined) return ok('encryption key', 'set by IMBI_AUTH_ENCRYPTION_KEY');
  if (server.environment === 'production') {
    return fail('encryption key', 'not set', 'make one with `imbi keys generate` and set IMBI_AUTH_ENCRYPTION_KEY');
  }
  const file = path.join(data.directory, 'encryption.key');
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return ok('encryption key', 'will be made at the first start');
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    return warn('encryption key', `${file} can be read by other users`, `chmod 600 ${file}`);
  }
  return ok('encryption key', file);
}

/** Only while no server of ours holds them. */
export async function checkPorts(config: Config): Promise<Finding[]> {
  return Promise.all(
    wantedPorts(config).map(async (wanted) => {
      const fault = await portFault(wanted);
      if (fault === undefined) return ok('port', `${wanted.port} is free (${wanted.setting})`);
      const [finding = fault, ...remedy] = fault.split('. ');
      return fail('port', finding, remedy.join('. '));
    }),
  );
}

function existingParent(directory: string): string {
  return existsSync(directory) ? directory : existingParent(path.dirname(directory));
}
