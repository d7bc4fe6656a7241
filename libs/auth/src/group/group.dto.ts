import { IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator';
import { SLUG_PATTERN } from '#libs/common';
import { PageOf } from '#libs/http';
import { UserRoleResponseDto } from '../user/user.dto.js';

/** A group as a client writes it. */
export class GroupWriteDto {
  /**
   * The name in addresses; unique. Changing it changes the address.
   * @example platform-engineers
   */
  @Matches(SLUG_PATTERN, { message: 'must be 1 to 64 of a-z, 0-9 and -, not starting with -' })
  slug!: string;

  /**
   * The name people see.
   * @example "Platform engineers"
   */
  @IsString()
  @Length(1, 200)
  name!: string;

  /** Who belongs in it; null or absent for nothing. */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  description?: string | null;
}

/** A group: its members hold its roles. */
export class GroupResponseDto {
  /**
   * Nano ID; never changes.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * The name in addresses.
   * @example platform-engineers
   */
  slug!: string;

  /**
   * The name people see.
   * @example "Platform engineers"
   */
  name!: string;

  /** Who belongs in it. */
  description!: string | null;

  /**
   * When the group was created.
   * @example 2026-11-23T10:00:00.000Z
   */
  created_at!: string;

  /**
   * When the group was last changed; its members and roles do not count.
   * @example 2026-11-23T10:00:00.000Z
   */
  updated_at!: string;

  /**
   * Goes up with every change; the `ETag`.
   * @example 1
   */
  version!: number;
}

/** A page of groups. */
export class GroupPageDto extends PageOf(GroupResponseDto) {}

/** Who was put into a group itself; the members of a nested group are that group's. */
export class GroupMemberResponseDto {
  /**
   * What the member is.
   * @example user
   */
  kind!: 'user' | 'service_account' | 'group';

  /**
   * Id of the user, service account or group.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * The name people see.
   * @example "Ada Lovelace"
   */
  name!: string;

  /** Slug of a nested group or a service account; null for users, who have none. */
  slug!: string | null;
}

/** A page of the members of a group. */
export class GroupMemberPageDto extends PageOf(GroupMemberResponseDto) {}

/** A role that a group was given. Roles that come by a group around it are that group's. */
export class GroupRoleResponseDto extends UserRoleResponseDto {}

/** A page of the roles that a group was given. */
export class GroupRolePageDto extends PageOf(GroupRoleResponseDto) {}
