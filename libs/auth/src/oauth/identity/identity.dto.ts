import { IsOptional, IsString, MaxLength } from 'class-validator';
import { PageOf } from '#libs/http';

/** An account at a provider that the caller may sign in with. */
export class IdentityResponseDto {
  /**
   * Nano ID of the identity.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * Slug of the provider.
   * @example company
   */
  provider!: string;

  /**
   * Name of the provider.
   * @example "Company account"
   */
  provider_name!: string;

  /** Whether the provider is switched on, so that the account can be signed in with. */
  is_enabled!: boolean;

  /**
   * The e-mail address there, as the provider last said; null where it says none.
   * @example ada@example.org
   */
  email!: string | null;

  /** When it was last signed in with; null for never. */
  last_signed_in_at!: string | null;

  /**
   * When it was linked.
   * @example 2026-11-23T10:00:00.000Z
   */
  created_at!: string;
}

/** A page of accounts at providers. */
export class IdentityPageDto extends PageOf(IdentityResponseDto) {}

/** How an account at a provider is linked. */
export class IdentityLinkDto {
  /** One of the addresses in `IMBI_OAUTH_REDIRECTS`, letter by letter; the first of them where it is left out. */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  return_to?: string;
}

/** Where the browser goes to link an account at a provider. */
export class IdentityLinkAddressDto {
  /**
   * To be opened by the browser that made this call, within ten minutes.
   * @example https://id.example.org/authorize?client_id=imbi
   */
  authorization_url!: string;
}
