import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsISO8601,
  IsOptional,
  IsString,
  Length,
} from 'class-validator';
import { PageOf } from '#libs/http';
import { ApiKeyRotateDto } from '../api-key/api-key.dto.js';

/** What of a client can be changed. */
export class ClientWriteDto {
  /**
   * What people call it.
   * @example "Build server"
   */
  @IsString()
  @Length(1, 200)
  name!: string;

  /**
   * The permissions that its tokens may be asked for; those of the service account bound them besides, as they are at each
   * call.
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
   * When it ends, with its tokens; null or left out for never.
   * @example 2026-12-31T23:59:59.000Z
   */
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  expires_at?: string | null;
}

/** A client to be, and a proof of who asks for it. */
export class ClientCreateDto extends ClientWriteDto {
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

/** How a client gets a new secret. */
export class ClientRotateDto extends ApiKeyRotateDto {}

/** An OAuth 2.0 client of a service account, as far as it may be known after it was made. */
export class ClientResponseDto {
  /**
   * Nano ID; never changes.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * What the client calls itself, the same after each rotation.
   * @example ic_7KQ29FXM4D0RABCD
   */
  client_id!: string;

  /**
   * What people call it.
   * @example "Build server"
   */
  name!: string;

  /**
   * The permissions that its tokens may be asked for.
   * @example ["project:read"]
   */
  scopes!: string[];

  /** When it ends; null for never. */
  expires_at!: string | null;

  /**
   * When it or a token of it was last used, to a minute; null where never.
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

/** A client with its secret: shown this once. */
export class ClientSecretDto extends ClientResponseDto {
  /** The secret, for `POST /api/auth/token`. It is stored nowhere and cannot be shown again. */
  client_secret!: string;
}

/** A page of clients. */
export class ClientPageDto extends PageOf(ClientResponseDto) {}
