import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AuthPlatform, authPlatform } from '#test/auth';
import { LoginService } from '../login/login.service.js';
import { User } from '../model/identity.vertex.js';
import { BootstrapAdmin } from './bootstrap-admin.js';

const HERE = { ip: '192.0.2.1', userAgent: 'test' };

describe('BootstrapAdmin with a generated password', () => {
  let platform: AuthPlatform;
  beforeAll(async () => {
    platform = await authPlatform({ IMBI_BOOTSTRAP_ADMIN_EMAIL: 'Root@Example.org' });
  });
  afterAll(() => platform?.close());

  it('makes one administrator, though several processes start together, and tells the password once', async () => {
    const processes = await Promise.all([platform.services(), platform.services(), platform.services()]);
    const results = await Promise.all(processes.map((one) => one.get(BootstrapAdmin).run()));
    const made = results.filter((result) => result !== undefined);
    expect(made).toEqual([
      { email: 'Root@Example.org', generatedPassword: expect.stringMatching(/^(\w{5}-){3}\w{5}$/) },
    ]);
    const { items } = await platform.graph.read.list(User, { limit: 10 });
    expect(items.map((user) => [user.email, user.is_admin, user.is_active])).toEqual([
      ['Root@Example.org', true, true],
    ]);
    const [services] = processes;
    const credentials = { email: 'root@example.org', password: made[0]?.generatedPassword ?? '' };
    const session = await services?.get(LoginService).login(credentials, HERE);
    expect(session?.userId).toBe(items[0]?.id);
    expect(await services?.get(BootstrapAdmin).run()).toBeUndefined();
  });
});

describe('BootstrapAdmin with a configured password', () => {
  let platform: AuthPlatform;
  afterAll(() => platform?.close());

  it('holds it to the password policy, and does not repeat it', async () => {
    platform = await authPlatform({ IMBI_BOOTSTRAP_ADMIN_PASSWORD: 'weak' });
    const weak = await platform.services();
    await expect(weak.get(BootstrapAdmin).run()).rejects.toMatchObject({
      code: 'validation_failed',
      errors: expect.arrayContaining([
        expect.objectContaining({ pointer: '/IMBI_BOOTSTRAP_ADMIN_PASSWORD', code: 'too_short' }),
      ]),
    });
    expect((await platform.graph.read.list(User, { limit: 1 })).items).toEqual([]);
    await platform.close();
    platform = await authPlatform({ IMBI_BOOTSTRAP_ADMIN_PASSWORD: 'Correct-Horse-9-Battery' });
    const services = await platform.services();
    expect(await services.get(BootstrapAdmin).run()).toEqual({ email: 'admin@imbi.local' });
  });
});
