import { type Client, createUser, listUsers, resetUserMfa, setUserPassword, unlockUser } from '#sdk';
import { connect } from '../client/connect.js';
import { readPassword } from '../client/read-password.js';
import { UsageError } from '../report-failure.js';

/** Makes an administrator, with a password that is asked for. */
export async function createAdmin(email: string, { name }: { name?: string }): Promise<void> {
  const { client, url } = await connect();
  const password = await readPassword(`Password for ${email}: `);
  const body = { email, display_name: name ?? email, password, is_admin: true };
  await createUser({ client, body, throwOnError: true });
  process.stdout.write(`${email} is an administrator of ${url}.\n`);
}

/** Gives an account a new password, which is asked for; whoever is signed in to it is signed out. */
export async function resetPassword(email: string): Promise<void> {
  const { client, url } = await connect();
  const id = await findUser(client, email);
  const password = await readPassword(`New password for ${email}: `);
  await setUserPassword({ client, path: { id }, body: { password }, throwOnError: true });
  process.stdout.write(`${email} has a new password at ${url}, and is signed out everywhere.\n`);
}

/** Forgets the failed sign-ins of an account, so that its owner need not wait any longer. */
export async function unlock(email: string): Promise<void> {
  const { client, url } = await connect();
  await unlockUser({ client, path: { id: await findUser(client, email) }, throwOnError: true });
  process.stdout.write(`${email} can sign in to ${url} again without waiting.\n`);
}

/** Takes away the second factor of who lost telephone and backup codes; they are signed out everywhere. */
export async function resetMfa(email: string): Promise<void> {
  const { client, url } = await connect();
  await resetUserMfa({ client, path: { id: await findUser(client, email) }, throwOnError: true });
  process.stdout.write(`${email} signs in to ${url} with the password alone now, and is signed out everywhere.\n`);
}

async function findUser(client: Client, email: string): Promise<string> {
  const query = { 'filter[email]': { eq: email }, limit: 1 };
  const { data } = await listUsers({ client, query, throwOnError: true });
  const [user] = data.items;
  if (!user) throw new UsageError(`No user has the address ${email}, written like this.`);
  return user.id;
}
