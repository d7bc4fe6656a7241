/** Where a client gets its Authorization header from. Make one with the functions below. */
export interface Credentials {
  /** The header's value, or undefined to send none. */
  authorization(http: CredentialsHttp): Promise<string | undefined>;
  /** Called after a 401; returns whether trying again with a new header may help. */
  renew(http: CredentialsHttp, rejected: string | undefined): Promise<boolean>;
}

/** What credentials may use to reach the API's own sign-in routes. */
export interface CredentialsHttp {
  post(path: string, body: unknown): Promise<Response>;
}

export interface Tokens {
  accessToken: string;
  refreshToken?: string;
}

/** A fixed access token or API key. */
export function bearer(token: string): Credentials {
  return {
    authorization: async () => `Bearer ${token}`,
    renew: async () => false,
  };
}

/** Signs in on first use, refreshes when the access token ends, and signs in again when the session itself has ended. */
export function password(email: string, secret: string): Credentials {
  return new TokenCredentials({ signIn: (http) => http.post('/api/auth/login', { email, password: secret }) });
}

/**
 * Goes on with tokens from an earlier sign-in. Refresh tokens work once, so keep what `onTokens` brings:
 * it is called with each new pair.
 */
export function tokens(initial: Tokens, onTokens?: (tokens: Tokens) => void): Credentials {
  return new TokenCredentials({ initial, onTokens });
}

interface TokenCredentialsOptions {
  initial?: Tokens;
  signIn?: (http: CredentialsHttp) => Promise<Response>;
  onTokens?: (tokens: Tokens) => void;
}

class TokenCredentials implements Credentials {
  private current: Tokens | undefined;
  private renewing: Promise<boolean> | undefined;

  constructor(private readonly options: TokenCredentialsOptions) {
    this.current = options.initial;
  }

  async authorization(http: CredentialsHttp): Promise<string | undefined> {
    if (!this.current) await this.once(() => this.signIn(http));
    return this.current ? `Bearer ${this.current.accessToken}` : undefined;
  }

  async renew(http: CredentialsHttp, rejected: string | undefined): Promise<boolean> {
    // Another call may have renewed while this one's answer was on its way.
    if (this.current && rejected !== undefined && rejected !== `Bearer ${this.current.accessToken}`) return true;
    return this.once(async () => (await this.refresh(http)) || (await this.signIn(http)));
  }

  // A refresh token that is sent twice ends the session, so parallel calls share one renewal.
  private once(renewal: () => Promise<boolean>): Promise<boolean> {
    this.renewing ??= renewal().finally(() => {
      this.renewing = undefined;
    });
    return this.renewing;
  }

  private async refresh(http: CredentialsHttp): Promise<boolean> {
    if (!this.current?.refreshToken) return false;
    return this.take(await http.post('/api/auth/refresh', { refresh_token: this.current.refreshToken }));
  }

  private async signIn(http: CredentialsHttp): Promise<boolean> {
    this.current = undefined;
    if (!this.options.signIn) return false;
    return this.take(await this.options.signIn(http));
  }

  private async take(response: Response): Promise<boolean> {
    if (!response.ok) return false;
    const body: { access_token?: string; refresh_token?: string } = await response.json();
    if (!body.access_token) return false;
    this.current = { accessToken: body.access_token, refreshToken: body.refresh_token };
    this.options.onTokens?.(this.current);
    return true;
  }
}
