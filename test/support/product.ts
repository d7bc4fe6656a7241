import { randomBytes } from 'node:crypto';
import { type Client, createImbiClient, createOrganization, password } from '#sdk';

export interface Product {
  readonly url: string;
  readonly admin: { readonly email: string; readonly password: string };
  /** The data directory of the running product. */
  readonly directory: string;
  /** Signed in as the administrator. */
  readonly client: Client;
}

let shared: Product | undefined;

/** The product that test/support/product-setup.mjs started for all end-to-end specs. */
export function product(): Product {
  if (shared) return shared;
  const { IMBI_E2E_URL: url, IMBI_E2E_ADMIN: adminText, IMBI_E2E_DIRECTORY: directory } = process.env;
  if (!url || !adminText || !directory) throw new Error('The product is not running: is this an *.e2e.spec.ts?');
  const admin: Product['admin'] = JSON.parse(adminText);
  const client = createImbiClient({ baseUrl: url, credentials: password(admin.email, admin.password) });
  shared = { url, admin, directory, client };
  return shared;
}

/** A new organization for one spec: what others do is not seen in it. */
export async function newOrganization(prefix = 'org'): Promise<string> {
  const slug = `${prefix}-${randomBytes(4).toString('hex')}`;
  await createOrganization({ client: product().client, body: { slug, name: slug }, throwOnError: true });
  return slug;
}
