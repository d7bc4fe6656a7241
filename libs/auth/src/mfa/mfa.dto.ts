import { IsOptional, IsString, Length } from 'class-validator';

/** How a caller proves once more who they are; nothing of it is needed in the first minutes of a session. */
export class FreshProofDto {
  /**
   * The password.
   * @example Correct-Horse-9-Battery
   */
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

/** The first code of a new secret. */
export class MfaVerifyDto {
  /**
   * Six digits of the authenticator app.
   * @example "123456"
   */
  @IsString()
  @Length(6, 10)
  code!: string;
}

/** The second factor of the caller. */
export class MfaStatusDto {
  /** Whether one is asked for at sign-in. */
  enabled!: boolean;

  /**
   * Since when; null where it is not.
   * @example 2026-11-23T10:00:00.000Z
   */
  enabled_at!: string | null;

  /** Whether a new secret waits for its first code. */
  is_pending!: boolean;

  /**
   * How many backup codes are unused.
   * @example 10
   */
  backup_codes_left!: number;
}

/** Codes for when the authenticator app is lost: shown this once. */
export class BackupCodesDto {
  /**
   * Each works once.
   * @example ["0-7KQ2-9FXM-4D0R-ABCD"]
   */
  backup_codes!: string[];
}

/** A new secret and its backup codes: shown this once. */
export class MfaSetupResponseDto extends BackupCodesDto {
  /**
   * The secret, in base32, to be typed where it cannot be scanned.
   * @example GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
   */
  secret!: string;

  /**
   * What the QR code says.
   * @example otpauth://totp/Imbi:ada%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Imbi
   */
  otpauth_uri!: string;

  /** The QR code: a PNG image as a `data:` address. */
  qr_png!: string;
}
