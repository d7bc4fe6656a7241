import { IsBoolean, IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator';
import { SLUG_PATTERN } from '#libs/common';
import { PageOf } from '#libs/http';
import { UserRoleResponseDto } from '../user/user.dto.js';

/** A service account as a client writes it. */
export class ServiceAccountWriteDto {
  /**
   * The name in addresses; unique. Changing it changes the address.
   * @example deploy-bot
   */
  @Matches(SLUG_PATTERN, { message: 'must be 1 to 64 of a-z, 0-9 and -, not starting with -' })
  slug!: string;

  /**
   * The name people see.
   * @example "Deploy bot"
   */
  @IsString()
  @Length(1, 200)
  name!: string;

  /** What it is for, and whom to ask about it; null or absent for nothing. */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  description?: string | null;

  /**
   * Whether its keys and clients are let in. Switching it off holds from the next request on.
   * @example true
   */
  @IsOptional()
  @IsBoolean()
  is_active?: boolean;

  /**
   * Whether its keys and clients may be given every permission everywhere. Only administrators may give or take this.
   * @example false
   */
  @IsOptional()
  @IsBoolean()
  is_admin?: boolean;
}

/** A service account: what programs call as. */
export class ServiceAccountResponseDto {
  /**
   * Nano ID; never changes.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * The name in addresses.
   * @example deploy-bot
   */
  slug!: string;

  /**
   * The name people see.
   * @example "Deploy bot"
   */
  name!: string;

  /** What it is for. */
  description!: string | null;

  /**
   * Whether its keys and clients are let in.
   * @example true
   */
  is_active!: boolean;

  /**
   * Whether its keys and clients may be given every permission everywhere.
   * @example false
   */
  is_admin!: boolean;

  /**
   * When it was created.
   * @example 2026-11-23T10:00:00.000Z
   */
  created_at!: string;

  /**
   * When it was last changed; its roles, keys and clients do not count.
   * @example 2026-11-23T10:00:00.000Z
   */
  updated_at!: string;

  /**
   * Goes up with every change; the `ETag`.
   * @example 1
   */
  version!: number;
}

/** A page of service accounts. */
export class ServiceAccountPageDto extends PageOf(ServiceAccountResponseDto) {}

/** A role that a service account was given; those that come by a group are that group's. */
export class ServiceAccountRoleResponseDto extends UserRoleResponseDto {}

/** A page of the roles that a service account was given. */
export class ServiceAccountRolePageDto extends PageOf(ServiceAccountRoleResponseDto) {}
