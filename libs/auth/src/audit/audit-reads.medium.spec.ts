import { describe, expect, it } from '@jest/globals';
import { AuthWorld } from '../../test/auth-world.js';
import { AuditReads } from './audit-reads.service.js';

const READ = { action: 'user.list', outcome: 'success' } as const;

async function recorded({ database }: AuthWorld['platform']) {
  const { rows } = await database.pool.query(
    `select payload->>'action' as action, payload->>'outcome' as outcome, payload->>'actor_name' as actor,
       payload->>'resource_id' as resource, payload->>'detail' as detail
     from imbi_system.outbox where payload->>'action' in ('user.list', 'user.read', 'auth.authenticate')
     order by payload->>'time'`,
  );
  return rows;
}

describe('allowed reads', () => {
  it('are written down in batches, and what is still in memory is when the process stops', async () => {
    const world = await AuthWorld.create();
    expect((await world.call('GET', `/users/${world.admin.id}`)).status).toBe(200);
    expect((await world.call('GET', '/users')).status).toBe(200);
    // What is not there was not read.
    expect((await world.call('GET', '/users/V1StGXR8_Z5jdHi6B-myT')).status).toBe(404);
    expect((await world.call('GET', '/users', { token: 'forged' })).status).toBe(401);
    // A refusal is; reads wait.
    const refusal = expect.objectContaining({ action: 'auth.authenticate', outcome: 'failure', actor: 'Anonymous' });
    expect(await recorded(world.platform)).toEqual([refusal]);
    await world.app.close();
    const success = { outcome: 'success', actor: 'Root', detail: '{}' };
    expect(await recorded(world.platform)).toEqual([
      { ...success, action: 'user.read', resource: world.admin.id },
      { ...success, action: 'user.list', resource: '' },
      refusal,
    ]);
    await world.platform.close();
  });

  it('that cannot be recorded any more are no longer allowed', async () => {
    const { platform, app } = await AuthWorld.create();
    const reads = new AuditReads(platform.database);
    await app.close();
    await platform.close();
    for (let index = 0; index < 10_000; index += 1) await reads.record(READ);
    await expect(reads.record(READ)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
