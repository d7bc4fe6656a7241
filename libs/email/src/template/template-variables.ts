import { COMPILED } from './compiled.gen.js';

/** A kind of mail. */
export type TemplateName = keyof typeof COMPILED;

export const TEMPLATE_NAMES = Object.keys(COMPILED).filter(isTemplateName);

export function isTemplateName(name: string): name is TemplateName {
  return Object.hasOwn(COMPILED, name);
}

/** What every mail is told by the sender itself. */
export interface CommonVariables {
  /** Where people open the product. */
  readonly home_url: string;
  /** The same without its scheme. */
  readonly home_name: string;
}

interface Named {
  /** The recipient's display name. */
  readonly name: string;
}

/** A mail with a link that works once. */
interface Linked extends Named {
  readonly email: string;
  readonly action_url: string;
  /** When the link stops working, in words. */
  readonly expires_at: string;
}

/** A notice of something that has happened to an account. */
interface Notice extends Named {
  /** When it happened, in words. */
  readonly at: string;
  readonly recovery_url: string;
}

/** What each kind of mail must be told. All values are text, and are escaped wherever they end up. */
export interface TemplateVariables {
  welcome: Named & { readonly email: string; readonly sign_in_url: string };
  'email-verification': Linked;
  'password-reset': Linked;
  'password-changed': Notice;
  'new-sign-in': Notice & { readonly ip: string; readonly device: string };
  'mfa-enabled': Notice;
  'mfa-disabled': Notice;
  'mfa-reset': Named & { readonly at: string; readonly sign_in_url: string };
  'api-key-created': Notice & { readonly key: string };
  'token-reuse': Notice & { readonly ip: string };
  invitation: Linked & { readonly inviter: string };
}

const named = { name: 'Ada Lovelace' };
const at = '24 November 2026, 14:05 UTC';
const linked = {
  ...named,
  email: 'ada@example.org',
  expires_at: '25 November 2026, 14:05 UTC',
};
const link = (page: string) =>
  `https://imbi.example.org/account/${page}#Zk3J9sample4tokenOf256bits7Qw1yXcV0pLrT8uE2aBdM`;
const notice = { ...named, at, recovery_url: 'https://imbi.example.org/account/forgot-password' };

/** What previews show. */
export const SAMPLES: { readonly [Name in TemplateName]: TemplateVariables[Name] } = {
  welcome: { ...named, email: linked.email, sign_in_url: 'https://imbi.example.org' },
  'email-verification': { ...linked, action_url: link('verify-email') },
  'password-reset': { ...linked, action_url: link('reset-password') },
  'password-changed': notice,
  'new-sign-in': { ...notice, ip: '192.0.2.10', device: 'Firefox on Linux' },
  'mfa-enabled': notice,
  'mfa-disabled': notice,
  'mfa-reset': { ...named, at, sign_in_url: 'https://imbi.example.org' },
  'api-key-created': { ...notice, key: 'Deployments (imbi_7KQ29FXM)' },
  'token-reuse': { ...notice, ip: '203.0.113.7' },
  invitation: { ...linked, inviter: 'Grace Hopper', action_url: link('accept-invitation') },
};
