import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
} from 'class-validator';
import { PageOf } from '#libs/http';
import { FreshProofDto } from '../mfa/mfa.dto.js';

/** The longest that a former secret may go on working beside the new one. */
export const OVERLAP_MAX_SECONDS = 7 * 86_400;

/** What of an API key can be changed. */
export class ApiKeyWriteDto {
  /**
   * What the owner calls it.
   * @example "Nightly import"
   */
  @IsString()
  @Length(1, 200)
  name!: string;

  /**
   * The permissions that it may be used for, at most; those of its owner bound it besides, as they are at each call.
   * @example ["project:read"]
   */
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(500)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, 200, { each: true })
  scopes!: string[];

  /**
   * When it ends; the longest that the installation allows where left out or null.
   * @example 2026-12-31T23:59:59.000Z
   */
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  expires_at?: string | null;

  /**
   * How many requests a minute may come with it, where that is not the installation’s limit for keys. Only administrators
   * may say so.
   * @example 600
   */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  requests_per_minute?: number | null;
}

/** An API key to be, and a proof of who asks for it: see {@link FreshProofDto}. */
export class ApiKeyCreateDto extends ApiKeyWriteDto {
  /** The caller’s password; nothing is needed in the first minutes of a session. */
  @IsOptional()
  @IsString()
  @Length(1, 1024)
  password?: string;

  /**
   * Instead of it, six digits of the authenticator app, or a backup code.
   * @example "123456"
   */
  @IsOptional()
  @IsString()
  @Length(6, 40)
  mfa_code?: string;
}

/** How a key gets a new secret. */
export class ApiKeyRotateDto extends FreshProofDto {
  /**
   * How many seconds the former secret works besides, so that whoever uses it can change over.
   * @example 3600
   */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(OVERLAP_MAX_SECONDS)
  overlap_seconds?: number;

  /**
   * When the key ends from now on; as before where left out, and anew for the longest allowed where that has passed.
   * @example 2026-12-31T23:59:59.000Z
   */
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  expires_at?: string;
}

/** An API key, as far as it may be known after it was made. */
export class ApiKeyResponseDto {
  /**
   * Nano ID; never changes.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * The public part of the key, the same after each rotation.
   * @example 7KQ29FXM4D0RABCD
   */
  key_id!: string;

  /**
   * What the owner calls it.
   * @example "Nightly import"
   */
  name!: string;

  /**
   * The permissions that it may be used for, at most.
   * @example ["project:read"]
   */
  scopes!: string[];

  /**
   * When it ends.
   * @example 2026-12-31T23:59:59.000Z
   */
  expires_at!: string | null;

  /** A limit of its own for requests a minute; null where the installation’s holds. */
  requests_per_minute!: number | null;

  /**
   * When it was last used, to a minute; null where never.
   * @example 2026-11-23T10:00:00.000Z
   */
  last_used_at!: string | null;

  /** Until when the secret before the last rotation works besides; null where it does not. */
  overlap_until!: string | null;

  /** When it was revoked; null where it was not. */
  revoked_at!: string | null;

  /**
   * When it was made.
   * @example 2026-11-23T10:00:00.000Z
   */
  created_at!: string;

  /**
   * When it was last changed.
   * @example 2026-11-23T10:00:00.000Z
   */
  updated_at!: string;

  /**
   * Goes up with every change; the `ETag`.
   * @example 1
   */
  version!: number;
}

/** An API key with its secret: shown this once. */
export class ApiKeySecretDto extends ApiKeyResponseDto {
  /** The key itself; send it as `Authorization: Bearer ik_…`. It is stored nowhere and cannot be shown again. */
  key!: string;
}

/** A page of API keys. */
export class ApiKeyPageDto extends PageOf(ApiKeyResponseDto) {}
