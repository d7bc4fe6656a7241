import { Inject, Injectable } from '@nestjs/common';
import { DomainError } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import { PasswordHasher } from '#libs/crypto';
import type { GraphTransaction } from '#libs/graph';
import { readBackupCode } from './backup-codes.js';
import { MfaRepository, type TotpVertex } from './mfa.repository.js';
import { BackupCode, TotpSecret } from './mfa.vertex.js';
import { Totp } from './totp.js';

/** A second factor that was found good and is yet to be spent; `none` where the user has none. */
export type CheckedFactor =
  | { readonly kind: 'none' }
  | { readonly kind: 'totp'; readonly totp: TotpVertex; readonly step: number }
  | { readonly kind: 'backup_code'; readonly totp: TotpVertex; readonly codeId: string };

/**
 * Checks second factors in two steps. Checking computes hashes and so is done before a transaction; spending is done in
 * the transaction that the factor is for, so that of parallel uses of one code exactly one succeeds.
 */
@Injectable()
export class SecondFactors {
  readonly totp: Totp;

  constructor(
    private readonly repository: MfaRepository,
    private readonly hasher: PasswordHasher,
    @Inject(CONFIG) config: Config,
  ) {
    this.totp = new Totp(config.mfa.issuer);
  }

  /**
   * @param code six digits of the authenticator app, or a backup code
   * @throws DomainError `mfa_required` where the user has a second factor and `code` is absent, `mfa_invalid`
   */
  async check(userId: string, code: string | undefined, now = new Date()): Promise<CheckedFactor> {
    const { active } = await this.repository.secretsOf(userId);
    if (!active) return { kind: 'none' };
    if (code === undefined) throw mfaRequired();
    const checked = /^\s*\d{3}\s?\d{3}\s*$/.test(code)
      ? await this.checkTotp(active, code.replaceAll(/\s/g, ''), now)
      : await this.checkBackupCode(active, code);
    if (!checked) throw mfaInvalid();
    return checked;
  }

  /**
   * Uses the factor up. The caller must hold the lock on the user.
   * @throws DomainError `mfa_invalid` where it was used or replaced since it was checked, `mfa_required` where the user
   * has got a second factor since
   */
  async spend(tx: GraphTransaction, userId: string, factor: CheckedFactor, now = new Date()): Promise<void> {
    const { active } = await this.repository.secretsOf(userId, tx);
    if (factor.kind === 'none') {
      if (active) throw mfaRequired();
      return;
    }
    if (active?.id !== factor.totp.id) throw mfaInvalid();
    if (factor.kind === 'totp') {
      if (factor.step <= active.last_step) throw mfaInvalid();
      await tx.patch(TotpSecret, active.id, { set: { last_step: factor.step } });
      return;
    }
    const code = await tx.lock(BackupCode, factor.codeId);
    if (!code || code.used_at !== null) throw mfaInvalid();
    await tx.patch(BackupCode, code.id, { set: { used_at: now.toISOString() } });
  }

  /** The step of a code of a secret that is not yet in force; a backup code cannot stand for it. */
  async stepOf(totp: TotpVertex, code: string, now = new Date()): Promise<number | undefined> {
    return this.totp.stepOf(await this.repository.reveal(totp.id), code.replaceAll(/\s/g, ''), now);
  }

  private async checkTotp(totp: TotpVertex, code: string, now: Date): Promise<CheckedFactor | undefined> {
    const step = await this.stepOf(totp, code, now);
    return step !== undefined && step > totp.last_step ? { kind: 'totp', totp, step } : undefined;
  }

  private async checkBackupCode(totp: TotpVertex, typed: string): Promise<CheckedFactor | undefined> {
    const read = readBackupCode(typed);
    const stored = read && (await this.repository.findCode(totp, read.slot));
    if (!read || !stored) {
      await this.hasher.dummyVerify(typed);
      return undefined;
    }
    const fits = await this.hasher.verify(read.code, stored.hash);
    return fits ? { kind: 'backup_code', totp, codeId: stored.id } : undefined;
  }
}

function mfaRequired(): DomainError {
  return new DomainError('mfa_required', 'unauthenticated', 'A code of the authenticator app is needed too.');
}

function mfaInvalid(): DomainError {
  return new DomainError('mfa_invalid', 'unauthenticated', 'The code is wrong, was used before, or is over.');
}
