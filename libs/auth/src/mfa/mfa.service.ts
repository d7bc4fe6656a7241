import { Injectable } from '@nestjs/common';
import QRCode from 'qrcode';
import { isId, notFound } from '#libs/common';
import { PasswordHasher } from '#libs/crypto';
import { Graph, type GraphTransaction } from '#libs/graph';
import { recordAudit } from '../audit/audit.js';
import { unauthenticated } from '../auth-problems.js';
import { User } from '../model/identity.vertex.js';
import { Session } from '../model/session.vertex.js';
import { ActorPowers } from '../permission/actor-powers.js';
import { type AuthContext, currentAuth } from '../principal/auth-context.js';
import { SessionsService } from '../session/sessions.service.js';
import { newBackupCodes } from './backup-codes.js';
import { FreshProof, type Proof } from './fresh-proof.service.js';
import type { BackupCodesDto, MfaSetupResponseDto, MfaStatusDto } from './mfa.dto.js';
import { MfaRepository, type TotpVertex } from './mfa.repository.js';
import { TotpSecret } from './mfa.vertex.js';
import { mfaInvalidCode, mfaNotPending, mfaOff } from './mfa-problems.js';
import { SecondFactors } from './second-factors.service.js';

/** Setting up, renewing and giving up one's second factor. */
@Injectable()
export class MfaService {
  constructor(
    private readonly graph: Graph,
    private readonly repository: MfaRepository,
    private readonly factors: SecondFactors,
    private readonly proof: FreshProof,
    private readonly hasher: PasswordHasher,
    private readonly sessions: SessionsService,
    private readonly powers: ActorPowers,
  ) {}

  async status(): Promise<MfaStatusDto> {
    const { user } = caller();
    const { active, pending } = await this.repository.secretsOf(user.id);
    return {
      enabled: active !== undefined,
      enabled_at: active?.active_since ?? null,
      is_pending: pending !== undefined,
      backup_codes_left: active ? await this.repository.countCodesLeft(active.id, user.id) : 0,
    };
  }

  /** Makes a secret that is in force once {@link verify} saw a code of it; the one until then stays in force. */
  async setup(proof: Proof): Promise<MfaSetupResponseDto> {
    const { user } = caller();
    const checked = await this.proof.check(proof);
    const secret = this.factors.totp.newSecret();
    const { codes, hashes } = await this.newCodes();
    await this.graph.transaction(async (tx) => {
      await tx.lock(User, user.id);
      await this.proof.spend(tx, checked);
      const { pending } = await this.repository.secretsOf(user.id, tx);
      if (pending) await this.repository.removeSecret(tx, pending);
      await this.repository.insertCodes(tx, await this.repository.insertSecret(tx, user.id, secret), hashes);
      audit(tx, 'auth.mfa.setup', user.id);
    });
    const otpauthUri = this.factors.totp.uri(secret, user.email);
    return { secret, otpauth_uri: otpauthUri, qr_png: await QRCode.toDataURL(otpauthUri), backup_codes: codes };
  }

  /**
   * Puts the waiting secret in force, in the place of the one until now; the user's other sessions end.
   * @throws DomainError `mfa_not_pending`, `validation_failed` where the code is not of that secret
   */
  async verify(code: string, now = new Date()): Promise<MfaStatusDto> {
    const { user, sessionId } = caller();
    const { pending } = await this.repository.secretsOf(user.id);
    if (!pending) throw mfaNotPending();
    const step = await this.factors.stepOf(pending, code, now);
    if (step === undefined) {
      await this.graph.transaction(async (tx) => audit(tx, 'auth.mfa.enable', user.id, 'failure'));
      throw mfaInvalidCode();
    }
    await this.graph.transaction(async (tx) => {
      await tx.lock(User, user.id);
      const current = await this.repository.secretsOf(user.id, tx);
      if (current.pending?.id !== pending.id) throw mfaNotPending();
      if (current.active) await this.repository.removeSecret(tx, current.active);
      await tx.patch(TotpSecret, pending.id, { set: { active_since: now.toISOString(), last_step: step } });
      await tx.patch(User, user.id, { set: { mfa_enabled_at: now.toISOString() } });
      await tx.patch(Session, sessionId, { set: { mfa_at: now.toISOString() } });
      await this.sessions.endAllIn(tx.transaction, user.id, 'credentials_changed', sessionId, now);
      audit(tx, 'auth.mfa.enable', user.id);
      tx.emit('user.mfa_enabled', { user_id: user.id });
    });
    return this.status();
  }

  /** New backup codes; the old ones are void. @throws DomainError `mfa_off` */
  async renewBackupCodes(proof: Proof): Promise<BackupCodesDto> {
    const { user } = caller();
    const checked = await this.proof.check(proof);
    const { codes, hashes } = await this.newCodes();
    await this.graph.transaction(async (tx) => {
      await tx.lock(User, user.id);
      await this.proof.spend(tx, checked);
      const active = await this.activeOf(tx, user.id);
      await this.repository.removeCodes(tx, active);
      await this.repository.insertCodes(tx, active, hashes);
      audit(tx, 'auth.mfa.backup_codes', user.id);
    });
    return { backup_codes: codes };
  }

  /** Gives the second factor up; the user's other sessions end. @throws DomainError `mfa_off` */
  async disable(proof: Proof): Promise<void> {
    const { user, sessionId } = caller();
    const checked = await this.proof.check(proof);
    await this.graph.transaction(async (tx) => {
      await tx.lock(User, user.id);
      await this.proof.spend(tx, checked);
      await this.activeOf(tx, user.id);
      await this.repository.removeAll(tx, user.id);
      await tx.patch(User, user.id, { set: { mfa_enabled_at: null } });
      // What it was shown is gone: where a second factor is asked for, this session no longer stands for one.
      await tx.patch(Session, sessionId, { set: { mfa_at: null } });
      await this.sessions.endAllIn(tx.transaction, user.id, 'credentials_changed', sessionId);
      audit(tx, 'auth.mfa.disable', user.id);
      tx.emit('user.mfa_disabled', { user_id: user.id });
    });
  }

  /**
   * For users who lost both telephone and codes: they sign in by the password alone again, anew everywhere.
   * @throws DomainError `not_found`, `beyond_own_powers`
   */
  async reset(userId: string): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const user = isId(userId) ? await tx.lock(User, userId) : undefined;
      if (!user) throw notFound('The user');
      await this.powers.assertCoverPrincipal(tx, userId);
      if (!(await this.repository.removeAll(tx, userId))) return;
      await tx.patch(User, userId, { set: { mfa_enabled_at: null } });
      await this.sessions.endAllIn(tx.transaction, userId, 'credentials_changed');
      audit(tx, 'auth.mfa.reset', userId);
      tx.emit('user.mfa_reset', { user_id: userId });
    });
  }

  private async activeOf(tx: GraphTransaction, userId: string): Promise<TotpVertex> {
    const { active } = await this.repository.secretsOf(userId, tx);
    if (!active) throw mfaOff();
    return active;
  }

  private async newCodes() {
    const made = newBackupCodes();
    const hashes = await Promise.all(
      made.map(async ({ slot, code }) => ({ slot, hash: await this.hasher.hash(code) })),
    );
    return { codes: made.map(({ code }) => code), hashes };
  }
}

function caller(): AuthContext {
  const auth = currentAuth();
  if (!auth) throw unauthenticated();
  return auth;
}

function audit(tx: GraphTransaction, action: string, userId: string, outcome: 'success' | 'failure' = 'success'): void {
  recordAudit(tx.transaction, { action, outcome, resourceKind: 'User', resourceId: userId });
}
