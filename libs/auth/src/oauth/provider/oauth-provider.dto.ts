import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
} from 'class-validator';
import { SLUG_PATTERN } from '#libs/common';
import { PageOf } from '#libs/http';
import { PROVIDER_TYPES } from '../model/oauth.vertex.js';

const DOMAIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** A sign-in provider as an administrator writes it. */
export class OAuthProviderWriteDto {
  /**
   * The name in addresses; unique. Changing it changes the redirect address that is registered at the provider.
   * @example company
   */
  @Matches(SLUG_PATTERN, { message: 'must be 1 to 64 of a-z, 0-9 and -, not starting with -' })
  slug!: string;

  /**
   * What it speaks: `oidc` is OpenID Connect.
   * @example oidc
   */
  @IsIn(PROVIDER_TYPES)
  type!: 'google' | 'github' | 'oidc';

  /**
   * The name people see.
   * @example "Company account"
   */
  @IsString()
  @Length(1, 200)
  name!: string;

  /**
   * Whether users may sign in with it; absent for yes.
   * @example true
   */
  @IsOptional()
  @IsBoolean()
  enabled?: boolean;

  /**
   * The id that the provider gave to this installation.
   * @example imbi
   */
  @IsString()
  @Length(1, 500)
  client_id!: string;

  /** The secret that came with it. Never answered; absent from a patch keeps it, null takes it away. */
  @IsOptional()
  @IsString()
  @Length(1, 2000)
  client_secret?: string | null;

  /**
   * Of `oidc`: the issuer, exactly as its discovery document says. Of `github`: the address of your own GitHub Enterprise
   * Server. Null otherwise.
   * @example https://id.example.org
   */
  @IsOptional()
  @IsString()
  @Length(1, 2000)
  issuer_url?: string | null;

  /**
   * Only accounts of these domains come in, by a verified e-mail address or Google’s `hd`; empty for all.
   * @example ["example.org"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @ArrayUnique()
  @Matches(DOMAIN, { each: true, message: 'each must be a domain in lower case' })
  allowed_domains?: string[];

  /**
   * An icon for sign-in pages: the address of an image, or a name of your own; null for none.
   * @example https://id.example.org/icon.svg
   */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  icon?: string | null;
}

/** A sign-in provider. */
export class OAuthProviderResponseDto {
  /**
   * Nano ID; never changes.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * The name in addresses.
   * @example company
   */
  slug!: string;

  /** What it speaks. */
  type!: 'google' | 'github' | 'oidc';

  /**
   * The name people see.
   * @example "Company account"
   */
  name!: string;

  /** Whether users may sign in with it. */
  enabled!: boolean;

  /**
   * The id that the provider gave to this installation.
   * @example imbi
   */
  client_id!: string;

  /** Whether a client secret is set; it is never answered. */
  has_secret!: boolean;

  /**
   * The issuer or server; null where the type says it.
   * @example https://id.example.org
   */
  issuer_url!: string | null;

  /**
   * The domains whose accounts come in; empty for all.
   * @example ["example.org"]
   */
  allowed_domains!: string[];

  /** An icon for sign-in pages; null for none. */
  icon!: string | null;

  /**
   * The redirect address to register at the provider.
   * @example https://imbi.example.org/api/auth/providers/company/callback
   */
  callback_url!: string;

  /**
   * When the provider was created.
   * @example 2026-11-23T10:00:00.000Z
   */
  created_at!: string;

  /**
   * When the provider was last changed.
   * @example 2026-11-23T10:00:00.000Z
   */
  updated_at!: string;

  /**
   * Goes up with every change; the `ETag`.
   * @example 1
   */
  version!: number;
}

/** A page of sign-in providers. */
export class OAuthProviderPageDto extends PageOf(OAuthProviderResponseDto) {}
