/** Whom a request claims to come from, as far as that can be told without the database. */
export type CredentialSubject = SessionSubject | ApiKeySubject | ClientSubject;

/** An access token of somebody who signed in. */
export interface SessionSubject {
  readonly kind: 'session';
  readonly sessionId: string;
  readonly userId: string;
}

export interface ApiKeySubject {
  readonly kind: 'api_key';
  /** The public part of the key. */
  readonly keyId: string;
  /** HMACs of its secret part, one of which must be the stored one. */
  readonly macs: readonly string[];
}

/** An access token that a service account's client was given. */
export interface ClientSubject {
  readonly kind: 'client';
  readonly clientId: string;
  readonly serviceAccountId: string;
  readonly tokenId: string;
  /** What the token was asked for. */
  readonly scopes: readonly string[];
}
