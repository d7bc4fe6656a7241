import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  acceptInvitation,
  createImbiClient,
  createUser,
  forgotPassword,
  getMe,
  inviteUser,
  login,
  password as passwordOf,
  previewEmail,
  resendVerification,
  resetPassword,
  setUserPassword,
  verifyEmail,
} from '#sdk';
import { product } from '#test/product';
import { mailsTo, mailTo, tokenIn } from './catcher.js';

const FIRST = 'Correct-Horse-9-Battery';
const SECOND = 'Another-Horse-9-Battery';
const anybody = createImbiClient({ baseUrl: product().url });
const { client } = product();

const newAddress = () => `mail-${randomBytes(5).toString('hex')}@example.org`;

async function newUser(email: string, password?: string): Promise<string> {
  const body = { email, display_name: 'Grace "Amazing" <Hopper>', password };
  const { data } = await createUser({ client, body, throwOnError: true });
  return data.id;
}

async function statusOf(work: Promise<{ response?: Response; error?: unknown }>): Promise<string> {
  const { response, error } = await work;
  const code = typeof error === 'object' && error !== null && 'code' in error ? ` ${String(error.code)}` : '';
  return `${response?.status}${code}`;
}

const signIn = (email: string, password: string) => statusOf(login({ client: anybody, body: { email, password } }));

describe('account flows, by the links in the mails', () => {
  it('a forgotten password: the link works once, signs everybody out, and its owner is told', async () => {
    const email = newAddress();
    await newUser(email, FIRST);
    const elsewhere = createImbiClient({
      baseUrl: product().url,
      credentials: passwordOf(email, FIRST),
      retry: { attempts: 1 },
    });
    await getMe({ client: elsewhere, throwOnError: true });

    expect(await statusOf(forgotPassword({ client: anybody, body: { email: email.toUpperCase() } }))).toBe('202');
    const mail = await mailTo(email, /new password/);
    expect(mail.html).toContain('Grace &quot;Amazing&quot; &lt;Hopper&gt;');
    const token = tokenIn(mail);

    const weak = await statusOf(resetPassword({ client: anybody, body: { token, password: 'short' } }));
    expect(weak).toBe('422 validation_failed');
    expect(await statusOf(resetPassword({ client: anybody, body: { token, password: SECOND } }))).toBe('204');
    const again = await statusOf(resetPassword({ client: anybody, body: { token, password: FIRST } }));
    expect(again).toBe('422 invalid_account_token');

    expect(await signIn(email, FIRST)).toBe('401 invalid_credentials');
    expect(await signIn(email, SECOND)).toBe('200');
    await mailTo(email, /password was changed/);
  });

  it('a new link ends the one before', async () => {
    const email = newAddress();
    await newUser(email, FIRST);
    await forgotPassword({ client: anybody, body: { email } });
    const old = tokenIn(await mailTo(email, /new password/));
    await forgotPassword({ client: anybody, body: { email } });
    const current = tokenIn(await mailTo(email, /new password/, 2));
    expect(current).not.toBe(old);
    const tried = await statusOf(resetPassword({ client: anybody, body: { token: old, password: SECOND } }));
    expect(tried).toBe('422 invalid_account_token');
    expect(await statusOf(resetPassword({ client: anybody, body: { token: current, password: SECOND } }))).toBe('204');
  });

  it('nobody can be mail-bombed: an address gets three links an hour, and the answer does not tell', async () => {
    const email = newAddress();
    await newUser(email, FIRST);
    for (let call = 0; call < 6; call += 1) {
      expect(await statusOf(forgotPassword({ client: anybody, body: { email } }))).toBe('202');
    }
    await mailTo(email, /new password/, 3);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await mailsTo(email)).filter(({ subject }) => /new password/.test(subject))).toHaveLength(3);
  });

  it('an address is confirmed, and its owner welcomed', async () => {
    const email = newAddress();
    await newUser(email, FIRST);
    const first = tokenIn(await mailTo(email, /Confirm/));
    await resendVerification({ client: anybody, body: { email } });
    const second = tokenIn(await mailTo(email, /Confirm/, 2));
    expect(await statusOf(verifyEmail({ client: anybody, body: { token: first } }))).toBe('422 invalid_account_token');
    expect(await statusOf(verifyEmail({ client: anybody, body: { token: second } }))).toBe('204');
    await mailTo(email, /Welcome/);
  });

  it('an invitation: choose a password, and you are in', async () => {
    const email = newAddress();
    const id = await newUser(email);
    expect(await statusOf(inviteUser({ client, path: { id } }))).toBe('202');
    const mail = await mailTo(email, /invites you/);
    expect(mail.subject).toBe('Administrator invites you to Imbi');
    const token = tokenIn(mail);
    // Each link is for its own purpose.
    const wrong = await statusOf(resetPassword({ client: anybody, body: { token, password: FIRST } }));
    expect(wrong).toBe('422 invalid_account_token');
    expect(await statusOf(acceptInvitation({ client: anybody, body: { token, password: FIRST } }))).toBe('204');
    expect(await signIn(email, FIRST)).toBe('200');
    await mailTo(email, /Welcome/);
    expect(await statusOf(inviteUser({ client, path: { id } }))).toBe('409 user_has_password');
    expect((await mailsTo(email)).map(({ subject }) => subject)).not.toContain('Your password was changed');
  });

  it('tells the owner when somebody else sets the password', async () => {
    const email = newAddress();
    const id = await newUser(email, FIRST);
    await setUserPassword({ client, path: { id }, body: { password: SECOND }, throwOnError: true });
    const { text } = await mailTo(email, /password was changed/);
    expect(text).toContain('/account/forgot-password');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await mailsTo(email)).filter(({ subject }) => /was changed/.test(subject))).toHaveLength(1);
  });

  it('shows administrators how mails look', async () => {
    const { data } = await previewEmail({ client, path: { template: 'token-reuse' }, throwOnError: true });
    expect(data.subject).toBe('We signed a device out');
    expect(data.html).toContain('Ada Lovelace');
    expect(await statusOf(previewEmail({ client, path: { template: '__proto__' } }))).toBe('404 not_found');
  });
});
