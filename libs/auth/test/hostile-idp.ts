import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { CLIENT } from './certified-idp.js';

const KID = 'the-key';

interface Forgery {
  /** Claims that replace the right ones; null takes one away. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Members of the discovery document that replace the right ones. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Makes the token of the claims, where it is not the provider's own signature. */
  readonly sign?: (claims: JWTPayload, keys: { publicJwk: object; publicPem: string }) => Promise<string> | string;
  /** Answers a request instead of the provider; returns whether it did. */
  readonly answer?: (path: string, response: ServerResponse) => boolean;
}

/** An OpenID provider that lies as it is told to, and tells what it was asked. */
export class HostileIdp {
  forgery: Forgery = {};
  /** The nonce of the sign-in, from the address that the browser was sent to. */
  nonce = '';
  readonly requests: { readonly method: string; readonly path: string; readonly body: URLSearchParams }[] = [];

  private constructor(
    readonly issuer: string,
    private readonly keys: Awaited<ReturnType<typeof makeKeys>>,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<HostileIdp> {
    const keys = await makeKeys();
    const server = createServer((request, response) => {
      idp.serve(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const idp: HostileIdp = new HostileIdp(`http://127.0.0.1:${port}`, keys, async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    return idp;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.issuer);
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = new URLSearchParams(Buffer.concat(chunks).toString());
    this.requests.push({ method: request.method ?? '', path: pathname, body });
    if (this.forgery.answer?.(pathname, response)) return;
    const answer = await this.answerOf(pathname);
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}));
  }

  private async answerOf(path: string): Promise<object | undefined> {
    switch (path) {
      case '/.well-known/openid-configuration':
        return {
          issuer: this.issuer,
          authorization_endpoint: `${this.issuer}/authorize`,
          token_endpoint: `${this.issuer}/token`,
          jwks_uri: `${this.issuer}/jwks`,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
          ...this.forgery.metadata,
        };
      case '/jwks':
        return { keys: [this.keys.publicJwk] };
      case '/token':
        return { access_token: 'an-access-token', token_type: 'Bearer', expires_in: 300, id_token: await this.token() };
      default:
        return undefined;
    }
  }

  private async token(): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const right = {
      iss: this.issuer,
      aud: CLIENT.id,
      sub: 'mallory',
      nonce: this.nonce,
      iat: now,
      exp: now + 300,
      email: 'mallory@example.org',
      email_verified: true,
      ...this.forgery.claims,
    };
    const claims = Object.fromEntries(Object.entries(right).filter(([, value]) => value !== null));
    if (this.forgery.sign) return this.forgery.sign(claims, this.keys);
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: KID }).sign(this.keys.privateKey);
  }
}

async function makeKeys() {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), kid: KID, alg: 'RS256', use: 'sig' };
  return { privateKey, publicJwk, publicPem: await exportSPKI(publicKey) };
}
