import { type ProblemError, toProblemError } from './problem-error.js';

/** Where a client gets its Authorization header from. Make one with the functions below. */
export interface Credentials {
  /** The header's value, or undefined to send none. Throws the {@link ProblemError} of a sign-in that was refused. */
  authorization(http: CredentialsHttp): Promise<string | undefined>;
  /** Called after a 401; returns whether trying again with a new header may help. */
  renew(http: CredentialsHttp, rejected: string | undefined): Promise<boolean>;
}

/** What credentials may use to reach the API's own sign-in routes. Repeats what met a broken connection. */
export interface CredentialsHttp {
  /** A form where the body is URLSearchParams, JSON otherwise. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
}

export interface Tokens {
  accessToken: string;
  refreshToken?: string;
}

export interface PasswordOptions {
  /**
   * Asked for six digits of the authenticator app, or a backup code, where the account has a second factor. Asked again
   * at each new sign-in, so return a fresh code each time.
   */
  mfaCode?: () => string | Promise<string>;
  /** What the list of sessions calls this device. */
  deviceLabel?: string;
  /** Called with each new pair, to keep them for {@link tokens}. */
  onTokens?: (tokens: Tokens) => void;
}

export interface ClientCredentialsOptions {
  /** Permissions to ask for; all that the service account holds otherwise. */
  scopes?: readonly string[];
}

/** A fixed access token. */
export function bearer(token: string): Credentials {
  return {
    authorization: async () => `Bearer ${token}`,
    renew: async () => false,
  };
}

/** An API key (`ik_…`). */
export function apiKey(key: string): Credentials {
  if (!key.startsWith('ik_')) throw new TypeError('An API key begins with ik_; for an access token use bearer().');
  return bearer(key);
}

/** Signs in on first use, refreshes when the access token ends, and signs in again when the session itself has ended. */
export function password(email: string, secret: string, options: PasswordOptions = {}): Credentials {
  const body = { email, password: secret, device_label: options.deviceLabel };
  const signIn = async (http: CredentialsHttp) => {
    const response = await http.post('/api/auth/login', body);
    if (response.status !== 401 || !options.mfaCode) return response;
    const problem = await problemOf(response);
    if (problem.code !== 'mfa_required') throw problem;
    return http.post('/api/auth/login', { ...body, mfa_code: await options.mfaCode() });
  };
  return new TokenCredentials({ signIn, onTokens: options.onTokens });
}

/**
 * Goes on with tokens from an earlier sign-in. Refresh tokens work once, so keep what `onTokens` brings:
 * it is called with each new pair.
 */
export function tokens(initial: Tokens, onTokens?: (tokens: Tokens) => void): Credentials {
  return new TokenCredentials({ initial, onTokens });
}

/** A service account's client (OAuth 2.0 client credentials): a new access token when the one before ends. */
export function clientCredentials(
  clientId: string,
  clientSecret: string,
  options: ClientCredentialsOptions = {},
): Credentials {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (options.scopes) form.set('scope', options.scopes.join(' '));
  const basic = btoa(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`);
  return new TokenCredentials({
    signIn: (http) => http.post('/api/auth/token', form, { authorization: `Basic ${basic}` }),
  });
}

interface TokenCredentialsOptions {
  initial?: Tokens;
  signIn?: (http: CredentialsHttp) => Promise<Response>;
  onTokens?: (tokens: Tokens) => void;
}

interface Held extends Tokens {
  /** On the clock of performance.now(), so that a wrong clock on either side does not matter. */
  renewAt: number;
}

interface TokenAnswer {
  access_token?: string;
  refresh_token?: string;
  expires_in?: number;
}

// A token is renewed a little before its end, in case the call takes a while to arrive.
const MARGIN_MILLISECONDS = 10_000;

class TokenCredentials implements Credentials {
  private current: Held | undefined;
  private renewing: Promise<boolean> | undefined;

  constructor(private readonly options: TokenCredentialsOptions) {
    this.current = options.initial && { ...options.initial, renewAt: Number.POSITIVE_INFINITY };
  }

  async authorization(http: CredentialsHttp): Promise<string | undefined> {
    if (!this.current) await this.once(() => this.signIn(http));
    else if (performance.now() >= this.current.renewAt) await this.once(() => this.renewal(http));
    return this.current ? `Bearer ${this.current.accessToken}` : undefined;
  }

  async renew(http: CredentialsHttp, rejected: string | undefined): Promise<boolean> {
    // Another call may have renewed while this one's answer was on its way.
    if (this.current && rejected !== undefined && rejected !== `Bearer ${this.current.accessToken}`) return true;
    return this.once(() => this.renewal(http));
  }

  // A refresh token that is sent twice ends the session, so parallel calls share one renewal.
  private once(renewal: () => Promise<boolean>): Promise<boolean> {
    this.renewing ??= renewal().finally(() => {
      this.renewing = undefined;
    });
    return this.renewing;
  }

  private async renewal(http: CredentialsHttp): Promise<boolean> {
    return (await this.refresh(http)) || this.signIn(http);
  }

  private async refresh(http: CredentialsHttp): Promise<boolean> {
    if (!this.current?.refreshToken) return false;
    const response = await http.post('/api/auth/refresh', { refresh_token: this.current.refreshToken });
    if (response.ok) return this.take(response);
    // Only a refused token ends the session; a server that is busy or away does not.
    if (response.status !== 401) throw await problemOf(response);
    return false;
  }

  private async signIn(http: CredentialsHttp): Promise<boolean> {
    if (!this.options.signIn) return false;
    this.current = undefined;
    const response = await this.options.signIn(http);
    if (!response.ok) throw await problemOf(response);
    return this.take(response);
  }

  private async take(response: Response): Promise<boolean> {
    const body: TokenAnswer = await response.json();
    if (!body.access_token) return false;
    const lifetime = body.expires_in === undefined ? Number.POSITIVE_INFINITY : body.expires_in * 1000;
    const renewAt = performance.now() + Math.max(lifetime - MARGIN_MILLISECONDS, lifetime / 2);
    this.current = { accessToken: body.access_token, refreshToken: body.refresh_token, renewAt };
    this.options.onTokens?.({ accessToken: body.access_token, refreshToken: body.refresh_token });
    return true;
  }
}

async function problemOf(response: Response): Promise<ProblemError> {
  const body: unknown = await response.json().catch(() => undefined);
  return toProblemError(isOAuthError(body) ? oauthProblem(body, response) : body, response);
}

// The token endpoint answers in OAuth's own form (RFC 6749, section 5.2).
function isOAuthError(body: unknown): body is { error: string; error_description?: string } {
  return typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'string';
}

function oauthProblem(body: { error: string; error_description?: string }, response: Response) {
  return {
    type: 'about:blank',
    title: 'The client may not have a token',
    status: response.status,
    detail: body.error_description ?? body.error,
    instance: '/api/auth/token',
    code: body.error,
    request_id: response.headers.get('x-request-id') ?? '',
  };
}
