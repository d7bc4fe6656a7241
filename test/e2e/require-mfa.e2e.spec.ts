import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  createImbiClient,
  createRole,
  createUser,
  getMe,
  getOrganization,
  giveUserRole,
  listRoles,
  password,
  setupMyMfa,
  updateOrganization,
  updateRole,
  verifyMyMfa,
} from '#sdk';
import { newOrganization, product } from '#test/product';

const PASSWORD = 'Correct-Horse-9-Battery';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const tag = () => randomBytes(4).toString('hex');

/** What an authenticator app shows now (RFC 6238), told from the secret as a person would type it. */
function codeOf(secret: string): string {
  const bits = [...secret].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac('sha1', key).update(step).digest();
  const offset = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

describe('a second factor that is asked for', () => {
  it('by a role and by an organization shuts out who has none, until they set one up', async () => {
    const { client: admin, url } = product();
    const [slug, organization] = [`guard-${tag()}`, await newOrganization()];
    const email = `${slug}@example.org`;
    const permissions = ['role:read', 'organization:read'];
    await createRole({ client: admin, body: { slug, name: slug, permissions }, throwOnError: true });
    const user = { email, display_name: 'Grace Hopper', password: PASSWORD };
    const { data: created } = await createUser({ client: admin, body: user, throwOnError: true });
    await giveUserRole({ client: admin, path: { id: created.id, role: slug }, throwOnError: true });

    const client = createImbiClient({ baseUrl: url, credentials: password(email, PASSWORD) });
    const path = { org: organization };
    const seen = async () => {
      const answers = [await listRoles({ client }), await getOrganization({ client, path })];
      return answers.map(({ response, error }) => (error ? error.code : response?.status));
    };
    expect(await seen()).toEqual([200, 200]);

    await updateOrganization({ client: admin, path, body: { require_mfa: true }, throwOnError: true });
    expect(await seen()).toEqual([200, 'mfa_enrollment_required']);
    await updateRole({ client: admin, path: { slug }, body: { require_mfa: true }, throwOnError: true });
    expect(await seen()).toEqual(['mfa_enrollment_required', 'mfa_enrollment_required']);
    expect((await getMe({ client, throwOnError: true })).data.mfa_enrollment_required).toBe(true);

    const { data: made } = await setupMyMfa({ client, body: { password: PASSWORD }, throwOnError: true });
    await verifyMyMfa({ client, body: { code: codeOf(made.secret) }, throwOnError: true });
    expect(await seen()).toEqual([200, 200]);
  });
});
