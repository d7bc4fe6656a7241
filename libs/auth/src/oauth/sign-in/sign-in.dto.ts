import { IsBoolean, IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { PageOf } from '#libs/http';

/** Where the browser goes after signing in with a provider. */
export class ReturnQueryDto {
  /** One of the addresses in `IMBI_OAUTH_REDIRECTS`, letter by letter; the first of them where it is left out. */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  return_to?: string;
}

/** A provider as a sign-in page shows it. */
export class SignInProviderDto {
  /**
   * The name in addresses.
   * @example company
   */
  slug!: string;

  /**
   * The name people see.
   * @example "Company account"
   */
  name!: string;

  /** What kind it is. */
  type!: 'google' | 'github' | 'oidc';

  /**
   * An icon to show: the address of an image, or a name of your own; null for none.
   * @example https://id.example.org/icon.svg
   */
  icon!: string | null;

  /**
   * Where a browser goes to sign in; `return_to` may be added.
   * @example /api/auth/providers/company/start
   */
  start_url!: string;
}

/** A page of the providers that users may sign in with. */
export class SignInProviderPageDto extends PageOf(SignInProviderDto) {}

/** What a browser brings back from a provider. */
export class TokenExchangeDto {
  /** The `code` that was added to the address; it works once, for a minute, in this browser. */
  @IsString()
  @Length(1, 200)
  code!: string;

  /**
   * A code of the authenticator app, or a backup code: where the last answer asked for it.
   * @example "492039"
   */
  @IsOptional()
  @IsString()
  @MaxLength(100)
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
