import { IsOptional, IsString } from 'class-validator';

// These describe forms; what is in them is checked by hand, because OAuth has its own rules and its own errors.

/** How a client shows itself in a form, where it does not by HTTP Basic. */
export class ClientFormDto {
  /**
   * The client’s id.
   * @example ic_7KQ29FXM4D0RABCD
   */
  @IsOptional()
  @IsString()
  client_id?: string;

  /** The client’s secret. */
  @IsOptional()
  @IsString()
  client_secret?: string;
}

/** What a token is asked for (RFC 6749, section 4.4). */
export class TokenRequestDto extends ClientFormDto {
  /**
   * Always `client_credentials`.
   * @example client_credentials
   */
  @IsString()
  grant_type!: string;

  /**
   * The permissions that the token is to be good for, parted by spaces; all of the client’s where left out.
   * @example "project:read"
   */
  @IsOptional()
  @IsString()
  scope?: string;
}

/** A token that a client asks about, or takes back. */
export class TokenFormDto extends ClientFormDto {
  /** The token. */
  @IsString()
  token!: string;

  /**
   * What the client takes it for; it is looked at without.
   * @example access_token
   */
  @IsOptional()
  @IsString()
  token_type_hint?: string;
}

/** An access token of a client, in the fields of RFC 6749. */
export class ClientTokenDto {
  /** Send it as `Authorization: Bearer …` with every call. */
  access_token!: string;

  /**
   * Always `Bearer`.
   * @example Bearer
   */
  token_type!: 'Bearer';

  /**
   * Seconds until it ends; there is no refresh token, ask for another.
   * @example 3600
   */
  expires_in!: number;

  /**
   * What it is good for, at most.
   * @example "project:read"
   */
  scope!: string;
}

/** That a token is not good any more. */
export class TokenRevocationDto {
  /**
   * Always true: a token that was none is good for nothing either.
   * @example true
   */
  revoked!: boolean;
}

/** What a token is good for (RFC 7662). Of one that is good for nothing, `active` alone is told. */
export class TokenIntrospectionDto {
  /**
   * Whether it would be let in now.
   * @example true
   */
  active!: boolean;

  /**
   * What it may be used for at most, parted by spaces; `api` for users’ own tokens, which may do what their user may.
   * @example "project:read"
   */
  scope?: string;

  /**
   * The client that it was given to.
   * @example ic_7KQ29FXM4D0RABCD
   */
  client_id?: string;

  /**
   * Whose it is, as people see it.
   * @example "Deploy bot"
   */
  username?: string;

  /**
   * Always `Bearer`.
   * @example Bearer
   */
  token_type?: string;

  /** When it ends, in seconds since 1970. */
  exp?: number;

  /** When it was made, in seconds since 1970. */
  iat?: number;

  /**
   * Id of the user or service account.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  sub?: string;

  /**
   * Whom it is for.
   * @example imbi
   */
  aud?: string;

  /**
   * Who made it.
   * @example https://imbi.example.org
   */
  iss?: string;

  /**
   * Its id.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  jti?: string;
}

/** What this authorization server can (RFC 8414). */
export class AuthorizationServerDto {
  /**
   * The `iss` of its tokens.
   * @example https://imbi.example.org
   */
  issuer!: string;

  /**
   * Where clients get tokens.
   * @example https://imbi.example.org/api/auth/token
   */
  token_endpoint!: string;

  /**
   * Where clients take them back.
   * @example https://imbi.example.org/api/auth/revoke
   */
  revocation_endpoint!: string;

  /**
   * Where it is told what they are good for.
   * @example https://imbi.example.org/api/auth/introspect
   */
  introspection_endpoint!: string;

  /**
   * The keys that tokens are signed with.
   * @example https://imbi.example.org/.well-known/jwks.json
   */
  jwks_uri!: string;

  /**
   * How clients show themselves, at all three.
   * @example ["client_secret_basic", "client_secret_post"]
   */
  token_endpoint_auth_methods_supported!: string[];

  /**
   * The same for the revocation endpoint.
   * @example ["client_secret_basic", "client_secret_post"]
   */
  revocation_endpoint_auth_methods_supported!: string[];

  /**
   * The same for the introspection endpoint.
   * @example ["client_secret_basic", "client_secret_post"]
   */
  introspection_endpoint_auth_methods_supported!: string[];

  /**
   * The only grant type.
   * @example ["client_credentials"]
   */
  grant_types_supported!: string[];

  /**
   * None: nobody is sent here by a browser.
   * @example []
   */
  response_types_supported!: string[];

  /**
   * The permissions that there are.
   * @example ["project:read"]
   */
  scopes_supported!: string[];

  /**
   * Where all of this is described.
   * @example https://imbi.example.org/docs
   */
  service_documentation!: string;
}
