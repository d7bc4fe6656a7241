import type { SignInProvider } from '../provider/provider-registry.js';

/** What a browser must bring back from a provider, kept here meanwhile. */
export interface FlowSecrets {
  readonly nonce: string;
  readonly codeVerifier: string;
}

export interface AuthorizationRequest extends FlowSecrets {
  readonly state: string;
  /** Where the provider sends the browser back to; one of its own for each provider. */
  readonly callbackUrl: string;
}

export interface AuthorizationAnswer extends FlowSecrets {
  readonly state: string;
  /** The callback URL as it was called, with all parameters. */
  readonly url: URL;
}

/** Who somebody is at a provider: proven, not merely said. */
export interface ProvenIdentity {
  readonly subject: string;
  readonly name: string | undefined;
  readonly email: string | undefined;
  readonly isEmailVerified: boolean;
  /** What the provider says the account belongs to: Google's `hd`. */
  readonly hostedDomain: string | undefined;
  /** The provider says that it has asked for a second factor. */
  readonly hasSecondFactor: boolean;
  readonly tokens: ProviderTokens;
}

export interface ProviderTokens {
  readonly accessToken: string | undefined;
  readonly refreshToken: string | undefined;
  readonly expiresInSeconds: number | undefined;
}

/** One protocol of signing in with a provider. */
export interface ProviderClient {
  /** The address to send the browser to. @throws DomainError `provider_unavailable`, `provider_target_refused` */
  authorizationUrl(provider: SignInProvider, request: AuthorizationRequest): Promise<string>;

  /**
   * Takes what the browser brought back, after its state was checked.
   * @throws DomainError `provider_refused` where the provider said no, `provider_answer_invalid` where its answer proves
   * nothing, `provider_unavailable`
   */
  identify(provider: SignInProvider, answer: AuthorizationAnswer): Promise<ProvenIdentity>;
}
