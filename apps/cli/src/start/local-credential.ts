import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SessionsService, User } from '#libs/auth';
import { Graph } from '#libs/graph';
import { getMe } from '#sdk';
import { clientWith } from '../client/connect.js';
import { readCredential, writeCredential } from '../client/stored-credential.js';

const DEVICE = 'Command line of this machine';

/**
 * Leaves a sign-in of an administrator in the data directory, so that the commands of whoever may read that directory
 * work without a password. One that still works is kept: sessions are few, and each new one would end an old one.
 */
export async function leaveLocalCredential(app: NestFastifyApplication, directory: string, url: string): Promise<void> {
  const stored = readCredential(directory, 'credential');
  if (stored) {
    const { error } = await getMe({ client: clientWith(directory, 'credential', { ...stored, url }) });
    if (!error) return;
  }
  const refreshToken = await openSession(app);
  if (refreshToken !== undefined) writeCredential(directory, 'credential', { url, refreshToken });
}

async function openSession(app: NestFastifyApplication): Promise<string | undefined> {
  const graph = app.get(Graph, { strict: false });
  const sessions = app.get(SessionsService, { strict: false });
  const client = { deviceLabel: DEVICE, ip: '127.0.0.1', userAgent: 'imbi' };
  return graph.transaction(async (tx) => {
    const { items } = await tx.list(User, { where: { is_admin: true, is_active: true }, limit: 1 });
    const admin = items[0] && (await tx.lock(User, items[0].id));
    if (!admin) return undefined;
    const session = await sessions.open(tx.transaction, admin.id, client, new Date());
    return session.refreshToken;
  });
}
