import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SessionsService, User } from '#libs/auth';
import { isJsonObject } from '#libs/common';
import { Graph } from '#libs/graph';
import { readCredential, writeCredential } from './server-file.js';

const DEVICE = 'Command line of this machine';

/**
 * Leaves a sign-in of an administrator in the data directory, so that the commands of whoever may read that directory
 * work without a password. One that still works is kept: sessions are few, and each new one would end an old one.
 */
export async function leaveLocalCredential(app: NestFastifyApplication, directory: string, url: string): Promise<void> {
  const stored = readCredential(directory);
  if (stored && (await stillWorks(url, stored.refreshToken, directory))) return;
  const refreshToken = await openSession(app);
  if (refreshToken !== undefined) writeCredential(directory, { url, refreshToken });
}

async function stillWorks(url: string, refreshToken: string, directory: string): Promise<boolean> {
  const response = await fetch(new URL('/api/auth/refresh', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refresh_token: refreshToken }),
  });
  if (!response.ok) return false;
  const body: unknown = await response.json();
  if (!isJsonObject(body) || typeof body['refresh_token'] !== 'string') return false;
  writeCredential(directory, { url, refreshToken: body['refresh_token'] });
  return true;
}

async function openSession(app: NestFastifyApplication): Promise<string | undefined> {
  const graph = app.get(Graph, { strict: false });
  const sessions = app.get(SessionsService, { strict: false });
  return graph.transaction(async (tx) => {
    const { items } = await tx.list(User, { where: { is_admin: true, is_active: true }, limit: 1 });
    const admin = items[0] && (await tx.lock(User, items[0].id));
    if (!admin) return undefined;
    const session = await sessions.open(tx.transaction, admin.id, { deviceLabel: DEVICE, ip: '127.0.0.1', userAgent: 'imbi' }, new Date());
    return session.refreshToken;
  });
}
