import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { SLUG_PATTERN } from '#libs/common';
import { PageOf } from '#libs/http';

/** A role as a client writes it. */
export class RoleWriteDto {
  /**
   * The name in addresses; unique.
   * @example release-manager
   */
  @Matches(SLUG_PATTERN, { message: 'must be 1 to 64 of a-z, 0-9 and -, not starting with -' })
  slug!: string;

  /**
   * The name people see.
   * @example "Release manager"
   */
  @IsString()
  @Length(1, 200)
  name!: string;

  /** What the role is for; null or absent for nothing. */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  description?: string | null;

  /**
   * The order of display: the greater, the mightier.
   * @example 150
   */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(1000)
  priority?: number;

  /** Whether new users are given this role in the organization they are created for. Only one role is. */
  @IsOptional()
  @IsBoolean()
  is_default?: boolean;

  /** Whether who holds the role needs a second factor, wherever it counts. */
  @IsOptional()
  @IsBoolean()
  require_mfa?: boolean;

  /**
   * The permissions that the role grants by itself.
   * @example ["project:read","project:write"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1000)
  @ArrayUnique()
  @IsString({ each: true })
  permissions?: string[];

  /**
   * Slugs of the roles whose permissions it grants besides.
   * @example ["viewer"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @ArrayUnique()
  @IsString({ each: true })
  inherits?: string[];
}

/** A role: what who holds it may do. */
export class RoleResponseDto {
  /**
   * Nano ID; never changes.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * The name in addresses.
   * @example release-manager
   */
  slug!: string;

  /**
   * The name people see.
   * @example "Release manager"
   */
  name!: string;

  /** What the role is for. */
  description!: string | null;

  /**
   * The order of display.
   * @example 150
   */
  priority!: number;

  /** Whether new users are given this role. */
  is_default!: boolean;

  /** Whether who holds the role needs a second factor. */
  require_mfa!: boolean;

  /** Whether it comes with the product: then it keeps its slug and cannot be deleted. */
  is_system!: boolean;

  /**
   * The permissions that the role grants by itself, sorted.
   * @example ["project:read","project:write"]
   */
  permissions!: string[];

  /**
   * Slugs of the roles it inherits from, sorted.
   * @example ["viewer"]
   */
  inherits!: string[];

  /**
   * When the role was created.
   * @example 2026-11-23T10:00:00.000Z
   */
  created_at!: string;

  /**
   * When the role was last changed.
   * @example 2026-11-23T10:00:00.000Z
   */
  updated_at!: string;

  /**
   * Goes up with every change; the `ETag`.
   * @example 1
   */
  version!: number;
}

/** A page of roles. */
export class RolePageDto extends PageOf(RoleResponseDto) {}

/** A permission that roles can grant. */
export class PermissionResponseDto {
  /**
   * `resource:action`.
   * @example project:read
   */
  name!: string;

  /** What it allows. */
  description!: string | null;
}

/** A page of permissions. */
export class PermissionPageDto extends PageOf(PermissionResponseDto) {}
