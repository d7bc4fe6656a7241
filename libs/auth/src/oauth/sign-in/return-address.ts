import type { Config } from '#libs/config';
import { oauthProblem } from '../oauth-problems.js';

/**
 * Where the browser goes after a provider: one of the addresses in the settings, letter by letter.
 * @throws DomainError `redirect_not_allowed`
 */
export function returnAddress({ oauth }: Config, asked: string | undefined): string {
  const address = asked ?? oauth.redirects[0];
  if (address === undefined || !oauth.redirects.includes(address) || !isWebAddress(address)) {
    throw oauthProblem('redirect_not_allowed');
  }
  return address;
}

/** The address with what happened. */
export function withParameters(address: string, parameters: Readonly<Record<string, string>>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/** Where a provider sends the browser back to: of each provider another one, so that answers cannot be mixed up. */
export function callbackAddress({ server }: Config, slug: string): string {
  const base =
    server.publicUrl ?? `http://${server.host.includes(':') ? `[${server.host}]` : server.host}:${server.port}`;
  return `${base.replace(/\/+$/, '')}/api/auth/providers/${slug}/callback`;
}

function isWebAddress(address: string): boolean {
  return URL.canParse(address) && ['https:', 'http:'].includes(new URL(address).protocol);
}
