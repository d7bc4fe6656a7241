import { invalidClient, invalidRequest } from './oauth2-problems.js';

/** A form as it was sent; parameters without a value count as left out (RFC 6749, section 3.2). */
export type OAuthForm = Readonly<Record<string, string>>;

export interface PresentedClient {
  readonly clientId: string;
  readonly secret: string;
}

const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2})$/i;

/**
 * The id and secret that a client sends, by HTTP Basic or in the form (RFC 6749, section 2.3.1).
 * @throws DomainError `invalid_client` where there is none, `invalid_request` where there are two
 */
export function presentedClient(authorization: string | undefined, form: OAuthForm): PresentedClient {
  const { client_id: clientId, client_secret: secret } = form;
  if (authorization !== undefined) {
    if (secret) throw invalidRequest('The secret was sent both by HTTP Basic and in the form.');
    const basic = basicClient(authorization);
    if (clientId && clientId !== basic.clientId) throw invalidRequest('Two different clients were named.');
    return basic;
  }
  if (!clientId || !secret) throw invalidClient();
  return { clientId, secret };
}

function basicClient(authorization: string): PresentedClient {
  const encoded = BASIC.exec(authorization)?.[1];
  const [id, secret, ...more] = Buffer.from(encoded ?? '', 'base64')
    .toString('utf8')
    .split(':')
    .map(decodeFormText);
  // A colon within either is percent-encoded.
  if (!id || !secret || more.length > 0) throw invalidClient();
  return { clientId: id, secret };
}

function decodeFormText(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
