import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

export interface IdpAccount {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly name?: string;
  readonly hd?: string;
}

export const CLIENT = { id: 'imbi', secret: 'a-secret-that-only-the-two-of-them-know' };

/** A certified OpenID provider in this process, which lets whoever comes in as {@link account}, without asking. */
export class CertifiedIdp {
  /** Who signs in next. */
  account: IdpAccount = { sub: 'nobody' };
  /** How the account signed in there. */
  amr: readonly string[] | undefined;
  acr: string | undefined;
  /** The user of the provider says no. */
  isRefusing = false;

  private constructor(
    readonly issuer: string,
    private readonly signingKey: object,
    private readonly stopServer: () => Promise<void>,
  ) {}

  /** @param conformIdTokenClaims whether claims of the person are at the userinfo endpoint only */
  static async start(options: {
    redirectUris: readonly string[];
    conformIdTokenClaims?: boolean;
  }): Promise<CertifiedIdp> {
    let handle: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
    const server = createServer((request, response) => handle(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const signingKey = { ...(await exportJWK(privateKey)), kid: 'idp', use: 'sig' };
    const idp = new CertifiedIdp(`http://127.0.0.1:${port}`, signingKey, async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    const provider = idp.provider(options);
    const callback = provider.callback();
    handle = (request, response) => {
      if (!request.url?.startsWith('/interaction/')) return callback(request, response);
      idp.interact(provider, request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    };
    return idp;
  }

  stop(): Promise<void> {
    return this.stopServer();
  }

  private provider({ redirectUris, conformIdTokenClaims = false }: Parameters<typeof CertifiedIdp.start>[0]): Provider {
    return new Provider(this.issuer, {
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          redirect_uris: redirectUris,
          grant_types: ['authorization_code'],
          response_types: ['code'],
        },
      ],
      conformIdTokenClaims,
      acrValues: ['urn:test:strong', 'urn:test:weak'],
      claims: { openid: ['sub', 'hd', 'amr', 'acr'], email: ['email', 'email_verified'], profile: ['name'] },
      adapter: MemoryAdapter,
      jwks: { keys: [this.signingKey] },
      cookies: { keys: ['a-key-of-the-idp'] },
      features: { devInteractions: { enabled: false } },
      findAccount: (_context: object, sub: string) => ({ accountId: sub, claims: () => ({ ...this.account, sub }) }),
      interactions: { url: (_context: object, { uid }: { uid: string }) => `/interaction/${uid}` },
      pkce: { required: () => true },
      rotateRefreshToken: false,
      ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    });
  }

  private async interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.isRefusing) {
      return provider.interactionFinished(request, response, { error: 'access_denied', error_description: 'no' });
    }
    const { params } = await provider.interactionDetails(request, response);
    const grant = new provider.Grant({ accountId: this.account.sub, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    await provider.interactionFinished(request, response, {
      login: { accountId: this.account.sub, amr: this.amr, acr: this.acr },
      consent: { grantId: await grant.save() },
    });
  }
}

type Payload = Record<string, unknown>;

/** What the provider remembers; its own such store warns against itself at every start. */
class MemoryAdapter {
  private readonly kept = new Map<string, Payload>();

  constructor(readonly model: string) {}

  async upsert(id: string, payload: Payload): Promise<void> {
    this.kept.set(id, payload);
  }

  async find(id: string): Promise<Payload | undefined> {
    return this.kept.get(id);
  }

  async findByUid(uid: string): Promise<Payload | undefined> {
    return [...this.kept.values()].find((payload) => payload['uid'] === uid);
  }

  async findByUserCode(): Promise<undefined> {
    return undefined;
  }

  async consume(id: string): Promise<void> {
    Object.assign(this.kept.get(id) ?? {}, { consumed: Math.floor(Date.now() / 1000) });
  }

  async destroy(id: string): Promise<void> {
    this.kept.delete(id);
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [id, payload] of this.kept) if (payload['grantId'] === grantId) this.kept.delete(id);
  }
}
