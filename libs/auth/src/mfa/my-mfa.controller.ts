import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated, NoIdempotencyStore, RateLimit } from '#libs/http';
import { WithoutSecondFactor } from '../http/without-second-factor.decorator.js';
import { BackupCodesDto, FreshProofDto, MfaSetupResponseDto, MfaStatusDto, MfaVerifyDto } from './mfa.dto.js';
import { MfaService } from './mfa.service.js';

@ApiTags('Me')
@WithoutSecondFactor(true)
@Controller('me/mfa')
export class MyMfaController {
  constructor(private readonly mfa: MfaService) {}

  /**
   * Tells whether the caller has a second factor.
   *
   * @remarks And how many backup codes are left.
   */
  @Get()
  @Authenticated()
  getMyMfa(): Promise<MfaStatusDto> {
    return this.mfa.status();
  }

  /**
   * Makes a new second factor, which the first code of it puts in force.
   *
   * @remarks Shows secret, QR code and ten backup codes, this once. Until `POST /me/mfa/verify` brings a code of it
   * nothing changes: a second factor that is in force stays so. Needs a fresh proof (403 `fresh_proof_required`).
   */
  @Post()
  @Authenticated()
  @RateLimit('login')
  @NoIdempotencyStore()
  setupMyMfa(@Body() { password, mfa_code }: FreshProofDto): Promise<MfaSetupResponseDto> {
    return this.mfa.setup({ password, mfaCode: mfa_code });
  }

  /**
   * Puts the new second factor in force.
   *
   * @remarks By a code of the authenticator app; a backup code will not do. It takes the place of the one until now,
   * and the caller's other sessions end.
   */
  @Post('verify')
  @HttpCode(200)
  @Authenticated()
  @RateLimit('login')
  @NoIdempotencyStore()
  verifyMyMfa(@Body() { code }: MfaVerifyDto): Promise<MfaStatusDto> {
    return this.mfa.verify(code);
  }

  /**
   * Makes ten new backup codes in the place of the old ones.
   *
   * @remarks Shown this once. Needs a fresh proof (403 `fresh_proof_required`).
   */
  @Post('backup-codes')
  @Authenticated()
  @RateLimit('login')
  @NoIdempotencyStore()
  renewMyBackupCodes(@Body() { password, mfa_code }: FreshProofDto): Promise<BackupCodesDto> {
    return this.mfa.renewBackupCodes({ password, mfaCode: mfa_code });
  }

  /**
   * Gives the second factor up.
   *
   * @remarks The caller's other sessions end. Needs a fresh proof (403 `fresh_proof_required`).
   */
  @Post('disable')
  @HttpCode(204)
  @Authenticated()
  @RateLimit('login')
  @NoIdempotencyStore()
  disableMyMfa(@Body() { password, mfa_code }: FreshProofDto): Promise<void> {
    return this.mfa.disable({ password, mfaCode: mfa_code });
  }
}
