import { Inject, Injectable } from '@nestjs/common';
import * as openid from 'openid-client';
import { isDomainError } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { oauthProblem } from '../oauth-problems.js';
import { GuardedFetch } from '../outbound/guarded-fetch.js';
import type { SignInProvider } from '../provider/provider-registry.js';
import { claimText, MAX_EMAIL_LENGTH, MAX_NAME_LENGTH, MAX_SUBJECT_LENGTH } from './claim-text.js';
import type { AuthorizationAnswer, AuthorizationRequest, ProvenIdentity, ProviderClient } from './provider-client.js';

const GOOGLE_ISSUER = 'https://accounts.google.com';
// Signatures by a key that only the provider has. `none` and those by a shared secret (HS…) are not among them.
const ALGORITHMS = [
  'RS256',
  'PS256',
  'ES256',
  'EdDSA',
  'Ed25519',
  'RS384',
  'PS384',
  'ES384',
  'RS512',
  'PS512',
  'ES512',
];
const MAX_AGE_MS = 600_000;
const MAX_DOMAIN_LENGTH = 253;

interface Known {
  readonly version: number;
  readonly loadedAt: number;
  readonly configuration: openid.Configuration;
}

type IdToken = openid.IDToken;

/** OpenID Connect, for Google too: openid-client under our rules. */
@Injectable()
export class OidcClient implements ProviderClient {
  private readonly known = new Map<string, Known>();
  private readonly secondFactorAcr: ReadonlySet<string>;

  constructor(
    private readonly http: GuardedFetch,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.secondFactorAcr = new Set(config.oauth.secondFactorAcr);
  }

  async authorizationUrl(provider: SignInProvider, request: AuthorizationRequest): Promise<string> {
    return translated(async () => {
      const configuration = await this.configurationOf(provider);
      // The browser goes there, not we; but where it goes is as much the provider's to say as where we go.
      this.http.guard.assertAllowed(configuration.serverMetadata().authorization_endpoint ?? '');
      const url = openid.buildAuthorizationUrl(configuration, {
        redirect_uri: request.callbackUrl,
        scope: 'openid email profile',
        state: request.state,
        nonce: request.nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(request.codeVerifier),
        code_challenge_method: 'S256',
        // A hint to show the right accounts only; what counts is the claim in the ID token.
        ...(provider.type === 'google' &&
          provider.allowedDomains.length === 1 && { hd: provider.allowedDomains[0] ?? '' }),
      });
      return url.href;
    });
  }

  async identify(provider: SignInProvider, answer: AuthorizationAnswer): Promise<ProvenIdentity> {
    return translated(async () => {
      const configuration = await this.configurationOf(provider);
      const tokens = await openid.authorizationCodeGrant(configuration, answer.url, {
        expectedState: answer.state,
        expectedNonce: answer.nonce,
        pkceCodeVerifier: answer.codeVerifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (!claims || (claims.azp !== undefined && claims.azp !== provider.clientId)) {
        throw oauthProblem('provider_answer_invalid');
      }
      const subject = claimText(claims.sub, MAX_SUBJECT_LENGTH);
      if (subject === undefined) throw oauthProblem('provider_answer_invalid');
      const profile = await this.profileOf(configuration, tokens.access_token, claims);
      return {
        subject,
        name: claimText(profile['name'], MAX_NAME_LENGTH) ?? claimText(profile['preferred_username'], MAX_NAME_LENGTH),
        email: claimText(profile['email'], MAX_EMAIL_LENGTH),
        isEmailVerified: profile['email_verified'] === true,
        hostedDomain: provider.type === 'google' ? claimText(claims['hd'], MAX_DOMAIN_LENGTH) : undefined,
        hasSecondFactor: this.hasSecondFactor(claims),
        tokens: {
          accessToken: tokens.access_token,
          refreshToken: tokens.refresh_token,
          expiresInSeconds: tokens.expires_in,
        },
      };
    });
  }

  /** The claims about the person; from the userinfo endpoint where the ID token leaves the address out. */
  private async profileOf(
    configuration: openid.Configuration,
    accessToken: string,
    claims: IdToken,
  ): Promise<Readonly<Record<string, unknown>>> {
    if (claims['email'] !== undefined || !configuration.serverMetadata().userinfo_endpoint) return claims;
    return openid.fetchUserInfo(configuration, accessToken, claims.sub);
  }

  private hasSecondFactor({ amr, acr }: IdToken): boolean {
    const methods: unknown = amr;
    return (
      (Array.isArray(methods) && methods.includes('mfa')) || (typeof acr === 'string' && this.secondFactorAcr.has(acr))
    );
  }

  private async configurationOf(provider: SignInProvider): Promise<openid.Configuration> {
    const known = this.known.get(provider.id);
    if (known?.version === provider.version && Date.now() - known.loadedAt < MAX_AGE_MS) return known.configuration;
    const configuration = await this.discover(provider);
    this.known.set(provider.id, { version: provider.version, loadedAt: Date.now(), configuration });
    return configuration;
  }

  private async discover({ issuerUrl, clientId, clientSecret }: SignInProvider): Promise<openid.Configuration> {
    const issuer = issuerUrl ?? GOOGLE_ISSUER;
    const timeout = this.config.oauth.requestTimeout;
    const fetch = this.fetch;
    const discovered = await openid.discovery(this.http.guard.assertAllowed(issuer), clientId, undefined, undefined, {
      [openid.customFetch]: fetch,
      // Whether a request may go without TLS is the guard's to say, address by address.
      execute: [openid.allowInsecureRequests],
      timeout,
    });
    const { supportsPKCE: _supportsPkce, ...metadata } = discovered.serverMetadata();
    // The library takes templates of Microsoft's for equal; then any tenant could sign in.
    if (metadata.issuer !== issuer) throw oauthProblem('provider_answer_invalid');
    const offered = metadata.id_token_signing_alg_values_supported ?? ['RS256'];
    const configuration = new openid.Configuration(
      { ...metadata, id_token_signing_alg_values_supported: offered.filter((name) => ALGORITHMS.includes(name)) },
      clientId,
      { client_secret: clientSecret },
      authenticationFor(clientSecret, metadata.token_endpoint_auth_methods_supported),
    );
    configuration[openid.customFetch] = fetch;
    configuration.timeout = timeout;
    openid.allowInsecureRequests(configuration);
    // The library takes TLS for proof enough that an ID token is the provider's. We want its signature.
    openid.enableNonRepudiationChecks(configuration);
    return configuration;
  }

  private readonly fetch: openid.CustomFetch = (url, { method, headers, body }) => {
    if (body !== undefined && body !== null && typeof body !== 'string' && !(body instanceof URLSearchParams)) {
      throw new TypeError('a provider is sent forms only');
    }
    return this.http.fetch(url, { method, headers, body: body?.toString() });
  };
}

// What RFC 6749 asks every server to take, unless it says that it takes something else only.
function authenticationFor(secret: string | undefined, offered: readonly string[] | undefined): openid.ClientAuth {
  if (secret === undefined) return openid.None();
  const takesPost = offered?.includes('client_secret_post') && !offered.includes('client_secret_basic');
  return takesPost ? openid.ClientSecretPost(secret) : openid.ClientSecretBasic(secret);
}

// Codes of openid-client for a network or server that fails, as against one that answers wrongly.
const UNAVAILABLE = new Set(['OAUTH_TIMEOUT', 'OAUTH_ABORT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_PARSE_ERROR']);

async function translated<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw isDomainError(error) ? error : toProblem(error);
  }
}

function toProblem(error: unknown): Error {
  if (error instanceof openid.AuthorizationResponseError) return oauthProblem('provider_refused', error);
  if (error instanceof openid.ResponseBodyError) return oauthProblem('provider_answer_invalid', error);
  if (error instanceof openid.ClientError) {
    if (isDomainError(error.cause)) return error.cause;
    // Errors of fetch come wrapped and without a code.
    const isUnavailable = error.code === undefined || UNAVAILABLE.has(error.code);
    return oauthProblem(isUnavailable ? 'provider_unavailable' : 'provider_answer_invalid', error);
  }
  return oauthProblem('provider_unavailable', error);
}
