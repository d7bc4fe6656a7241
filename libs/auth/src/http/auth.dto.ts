import { IsBoolean, IsEmail, IsOptional, IsString, Length, MaxLength } from 'class-validator';

/** How somebody signs in. */
export class LoginDto {
  /**
   * The e-mail address of the account; case does not matter.
   * @example admin@imbi.local
   */
  @IsEmail({ require_tld: false })
  @MaxLength(254)
  email!: string;

  /**
   * The password.
   * @example Correct-Horse-9-Battery
   */
  @IsString()
  @Length(1, 1024)
  password!: string;

  /**
   * Where the account has a second factor: six digits of the authenticator app, or a backup code.
   * @example "123456"
   */
  @IsOptional()
  @IsString()
  @Length(6, 40)
  mfa_code?: string;

  /**
   * What to call this device in the list of sessions.
   * @example "Work laptop"
   */
  @IsOptional()
  @IsString()
  @Length(1, 200)
  device_label?: string;

  /**
   * For browsers: the refresh token comes as a cookie that scripts cannot read, and not in the body. Only for this server’s
   * own pages and those that `IMBI_CORS_ORIGINS` names (403 `foreign_origin`).
   * @example false
   */
  @IsOptional()
  @IsBoolean()
  refresh_cookie?: boolean;
}

/** How tokens are renewed. */
export class RefreshDto {
  /** The newest refresh token of the session; it works once. Left out where the browser has it as a cookie. */
  @IsOptional()
  @IsString()
  @Length(1, 200)
  refresh_token?: string;
}

/** How somebody signs out. */
export class LogoutDto {
  /**
   * Ends every session of the user, on all devices.
   * @example false
   */
  @IsOptional()
  @IsBoolean()
  all_sessions?: boolean;
}

/** The tokens of a session, in the fields of RFC 6749. */
export class TokenResponseDto {
  /** Send it as `Authorization: Bearer …` with every call. */
  access_token!: string;

  /**
   * Always `Bearer`.
   * @example Bearer
   */
  token_type!: 'Bearer';

  /**
   * Seconds until the access token expires.
   * @example 3600
   */
  expires_in!: number;

  /**
   * Exchange it for new tokens at `/api/auth/refresh`; it works once, and bringing it twice ends the session. Not here where
   * it came as a cookie.
   */
  refresh_token?: string;

  /**
   * Seconds until the session ends for good.
   * @example 2592000
   */
  refresh_expires_in!: number;

  /**
   * The id of the session.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  session_id!: string;
}

/** A public key that access tokens are signed with. */
export class JsonWebKeyDto {
  /**
   * Key type.
   * @example EC
   */
  kty!: string;

  /**
   * Curve.
   * @example P-256
   */
  crv?: string;

  /** X coordinate, base64url. */
  x?: string;

  /** Y coordinate, base64url. */
  y?: string;

  /** The key’s RFC 7638 thumbprint; tokens name it in their header. */
  kid?: string;

  /**
   * The only algorithm it is used with.
   * @example ES256
   */
  alg?: string;

  /**
   * What it is for.
   * @example sig
   */
  use?: string;
}

/** The keys in force (RFC 7517). */
export class JsonWebKeySetDto {
  /** The one that signs first, then those that still verify. */
  keys!: JsonWebKeyDto[];
}
