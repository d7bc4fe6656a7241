import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Strategy } from 'passport-github2';
import { isDomainError, isJsonObject, type JsonValue } from '#libs/common';
import { runStrategy } from '../../http/passport-adapter.js';
import { oauthProblem } from '../oauth-problems.js';
import { GuardedFetch } from '../outbound/guarded-fetch.js';
import type { SignInProvider } from '../provider/provider-registry.js';
import { claimText, MAX_EMAIL_LENGTH, MAX_NAME_LENGTH } from './claim-text.js';
import type { AuthorizationAnswer, AuthorizationRequest, ProvenIdentity, ProviderClient } from './provider-client.js';

const SCOPE = ['read:user', 'user:email'];
const GITHUB = { web: 'https://github.com', api: 'https://api.github.com' };

/** As much as is used of the OAuth library below passport's strategy. */
interface OAuthTransport {
  _request(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    accessToken: string | null,
    done: (error: unknown, data?: string, response?: Response) => void,
  ): void;
}

/** GitHub, and GitHub Enterprise Server where the provider has an address: passport-github2, made for each run. */
@Injectable()
export class GitHubClient implements ProviderClient {
  constructor(private readonly http: GuardedFetch) {}

  async authorizationUrl(provider: SignInProvider, request: AuthorizationRequest): Promise<string> {
    this.http.guard.assertAllowed(provider.issuerUrl ?? GITHUB.web);
    const outcome = await runStrategy(this.strategyFor(provider, request), { query: {} }, { state: request.state });
    if (outcome.kind !== 'redirect') throw oauthProblem('provider_unavailable');
    return outcome.url;
  }

  async identify(provider: SignInProvider, answer: AuthorizationAnswer): Promise<ProvenIdentity> {
    const { searchParams, origin, pathname } = answer.url;
    if (searchParams.has('error') || !searchParams.get('code')) throw oauthProblem('provider_refused');
    // RFC 9207: GitHub sends no `iss`, so an answer that has one is somebody else's.
    const issuer = searchParams.get('iss');
    if (issuer !== null && issuer !== webUrl(provider)) throw oauthProblem('provider_answer_invalid');
    const strategy = this.strategyFor(provider, { ...answer, callbackUrl: origin + pathname });
    try {
      const outcome = await runStrategy(strategy, { query: { code: searchParams.get('code'), state: answer.state } });
      if (outcome.kind === 'success' && isProven(outcome.user)) return outcome.user;
    } catch (error) {
      throw toProblem(error);
    }
    throw oauthProblem('provider_answer_invalid');
  }

  private strategyFor(provider: SignInProvider, request: Omit<AuthorizationRequest, 'nonce'>): GuardedStrategy {
    return new GuardedStrategy(this.http, provider, request);
  }
}

class GuardedStrategy extends Strategy {
  constructor(
    private readonly http: GuardedFetch,
    provider: SignInProvider,
    private readonly request: Omit<AuthorizationRequest, 'nonce'>,
  ) {
    const web = webUrl(provider);
    const api = provider.issuerUrl === null ? GITHUB.api : `${web}/api/v3`;
    super(
      {
        clientID: provider.clientId,
        clientSecret: provider.clientSecret ?? '',
        callbackURL: request.callbackUrl,
        authorizationURL: `${web}/login/oauth/authorize`,
        tokenURL: `${web}/login/oauth/access_token`,
        userProfileURL: `${api}/user`,
        userEmailURL: `${api}/user/emails`,
        userAgent: 'imbi',
        scope: SCOPE,
        // All of them, with what GitHub says of each: by itself the strategy takes the primary one, verified or not.
        allRawEmails: true,
      },
      (accessToken: string, refreshToken: string | undefined, parameters: object, profile: object, done: Done) =>
        done(null, toIdentity(accessToken, refreshToken, parameters, profile) ?? false),
    );
    this.sendThroughGuard();
  }

  // PKCE from the flow, whose store the strategy's own is not.
  override authorizationParams(): object {
    const challenge = createHash('sha256').update(this.request.codeVerifier).digest('base64url');
    return { code_challenge: challenge, code_challenge_method: 'S256' };
  }

  override tokenParams(): object {
    return { code_verifier: this.request.codeVerifier };
  }

  /** The library below has no time limit, no length limit and no guard: its one method that sends is ours instead. */
  private sendThroughGuard(): void {
    const transport: unknown = Reflect.get(this, '_oauth2');
    if (!isTransport(transport)) throw new Error('passport-oauth2 is not what it was');
    transport._request = (method, url, headers, body, _accessToken, done) => {
      const request = {
        method,
        headers: { 'user-agent': 'imbi', accept: 'application/json', ...headers },
        body: method === 'GET' ? undefined : body,
      };
      this.http
        .fetch(url, request)
        .then(async (response) => ({ response, data: await response.text() }))
        .then(({ response, data }) =>
          response.ok ? done(null, data, response) : done({ statusCode: response.status, data }),
        )
        // Also for what the strategy throws over an answer that it cannot read: it has no try around its callbacks.
        .catch((error: unknown) => done(error));
    };
  }
}

type Done = (error: null, user: ProvenIdentity | false) => void;

function toIdentity(
  accessToken: string,
  refreshToken: string | undefined,
  parameters: object,
  profile: object,
): ProvenIdentity | undefined {
  const raw: unknown = Reflect.get(profile, '_json');
  // Its number, which is never given to another account; a login name is.
  const id: unknown = typeof raw === 'object' && raw !== null ? Reflect.get(raw, 'id') : undefined;
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return undefined;
  const emails: unknown = Reflect.get(profile, 'emails');
  const listed = Array.isArray(emails) ? emails.filter((one: JsonValue) => isJsonObject(one)) : [];
  const primary = listed.find((one) => one['primary'] === true);
  const email: unknown = primary?.['value'];
  const expiresIn = Number(Reflect.get(parameters, 'expires_in'));
  return {
    subject: String(id),
    name:
      claimText(Reflect.get(profile, 'displayName'), MAX_NAME_LENGTH) ??
      claimText(Reflect.get(profile, 'username'), MAX_NAME_LENGTH),
    email: claimText(email, MAX_EMAIL_LENGTH),
    isEmailVerified: primary?.['verified'] === true,
    hostedDomain: undefined,
    // GitHub does not say how its users signed in.
    hasSecondFactor: false,
    tokens: { accessToken, refreshToken, expiresInSeconds: Number.isFinite(expiresIn) ? expiresIn : undefined },
  };
}

function webUrl({ issuerUrl }: SignInProvider): string {
  return (issuerUrl ?? GITHUB.web).replace(/\/+$/, '');
}

function isTransport(value: unknown): value is OAuthTransport {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, '_request') === 'function';
}

function isProven(value: unknown): value is ProvenIdentity {
  return typeof value === 'object' && value !== null && 'subject' in value;
}

function toProblem(error: unknown): Error {
  if (!(error instanceof Error)) return oauthProblem('provider_unavailable', error);
  // What the transport was told, which the strategy wraps: an error of ours, of the network, or an answer's status.
  const told: unknown = Reflect.get(error, 'oauthError');
  if (isDomainError(told)) return told;
  const status: unknown = typeof told === 'object' && told !== null ? Reflect.get(told, 'statusCode') : undefined;
  const hasAnswered = told === undefined || (typeof status === 'number' && status < 500);
  return oauthProblem(hasAnswered ? 'provider_answer_invalid' : 'provider_unavailable', error);
}
