import { IsBoolean, IsEmail, IsOptional, IsString, Length, Matches, MaxLength, ValidateIf } from 'class-validator';
import { SLUG_PATTERN } from '#libs/common';
import { PageOf } from '#libs/http';

/** An address that browsers can load an image from, or an id. */
const AVATAR = /^(?:https?:\/\/\S+|[A-Za-z0-9_-]{21})$/;
const AVATAR_MESSAGE = 'must be an http or https address, or the id of an upload';

/** What of a user can be changed. */
export class UserWriteDto {
  /**
   * The address that the user signs in with and is mailed at; unique, however it is capitalised.
   * @example ada@example.org
   */
  @IsEmail()
  @MaxLength(254)
  email!: string;

  /**
   * The name people see.
   * @example "Ada Lovelace"
   */
  @IsString()
  @Length(1, 200)
  display_name!: string;

  /**
   * Whether the user may sign in. Switching it off ends every session at once.
   * @example true
   */
  @IsOptional()
  @IsBoolean()
  is_active?: boolean;

  /**
   * Whether the user holds every permission everywhere. Only administrators may give or take this.
   * @example false
   */
  @IsOptional()
  @IsBoolean()
  is_admin?: boolean;

  /**
   * The image that the user is shown with: its address, or the id of an upload; null or absent for none.
   * @example https://example.org/ada.png
   */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  @Matches(AVATAR, { message: AVATAR_MESSAGE })
  avatar?: string | null;
}

/** The image that one shows of oneself. */
export class OwnAvatarDto {
  /**
   * The address of an image, or the id of an upload; null for none.
   * @example https://example.org/ada.png
   */
  @ValidateIf((body: OwnAvatarDto) => body.avatar !== null)
  @IsString()
  @MaxLength(2000)
  @Matches(AVATAR, { message: AVATAR_MESSAGE })
  avatar!: string | null;
}

/** A user to be. */
export class UserCreateDto extends UserWriteDto {
  /** The first password; without one the user cannot sign in until an administrator sets it. */
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  password?: string;

  /**
   * Slug of the organization in which the user is given the default role; without it, the user has no role yet.
   * @example acme
   */
  @IsOptional()
  @Matches(SLUG_PATTERN, { message: 'must be the slug of an organization' })
  organization?: string;
}

/** A password that somebody else is given. */
export class UserPasswordDto {
  /** The new password, by the policy of the installation. */
  @IsString()
  @MaxLength(1024)
  password!: string;
}

/** One's own new password. */
export class OwnPasswordDto {
  /** The password until now. */
  @IsString()
  @MaxLength(1024)
  current_password!: string;

  /** The new password, by the policy of the installation. */
  @IsString()
  @MaxLength(1024)
  password!: string;
}

/** A user. */
export class UserResponseDto {
  /**
   * Nano ID; never changes.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * The address that the user signs in with.
   * @example ada@example.org
   */
  email!: string;

  /**
   * The name people see.
   * @example "Ada Lovelace"
   */
  display_name!: string;

  /** Whether the user may sign in. */
  is_active!: boolean;

  /** Whether the user holds every permission everywhere. */
  is_admin!: boolean;

  /** The address of an image or the id of an upload; null where there is none. */
  avatar!: string | null;

  /** Whether a password is set. */
  has_password!: boolean;

  /** When the user last signed in; null for never. */
  last_login_at!: string | null;

  /**
   * When the user was created.
   * @example 2026-11-23T10:00:00.000Z
   */
  created_at!: string;

  /**
   * When the user was last changed; signing in counts.
   * @example 2026-11-23T10:00:00.000Z
   */
  updated_at!: string;

  /**
   * Goes up with every change; the `ETag`.
   * @example 1
   */
  version!: number;
}

/** A page of users. */
export class UserPageDto extends PageOf(UserResponseDto) {}

/** Where a role is held. */
export class RolePlaceDto {
  /**
   * Slug of the organization that the role counts in; without it, it counts everywhere.
   * @example acme
   */
  @IsOptional()
  @Matches(SLUG_PATTERN, { message: 'must be the slug of an organization' })
  organization?: string;
}

/** A role that a user was given. Roles that come by a group are the group's. */
export class UserRoleResponseDto {
  /**
   * Slug of the role.
   * @example viewer
   */
  role!: string;

  /**
   * Slug of the organization it counts in; null for everywhere.
   * @example acme
   */
  organization!: string | null;
}

/** A page of the roles that a user was given. */
export class UserRolePageDto extends PageOf(UserRoleResponseDto) {}
