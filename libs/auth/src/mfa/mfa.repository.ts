import { Injectable } from '@nestjs/common';
import { Graph, type GraphTransaction, ref, type VertexOf } from '#libs/graph';
import { BACKUP_CODES } from './backup-codes.js';
import { BackupCode, MfaFor, TotpSecret } from './mfa.vertex.js';

export type TotpVertex = VertexOf<typeof TotpSecret>;

/** More than there can be of one user: of the active and of the waiting secret. */
const MOST = 4 * BACKUP_CODES;

@Injectable()
export class MfaRepository {
  constructor(private readonly graph: Graph) {}

  /** The secret in force, and the one that waits for its first code. */
  async secretsOf(
    userId: string,
    tx?: GraphTransaction,
  ): Promise<{ readonly active?: TotpVertex; readonly pending?: TotpVertex }> {
    const { items } = await (tx ?? this.graph.read).list(TotpSecret, { where: { user_id: userId }, limit: MOST });
    return {
      active: items.find((secret) => secret.active_since !== null),
      pending: items.find((secret) => secret.active_since === null),
    };
  }

  async reveal(id: string): Promise<string> {
    const secret = await this.graph.read.reveal(TotpSecret, id, 'secret');
    if (typeof secret !== 'string') throw new Error('A TOTP secret has no text.');
    return secret;
  }

  async countCodesLeft(totpId: string, userId: string): Promise<number> {
    return this.graph.read.count(BackupCode, { user_id: userId, totp_id: totpId, used_at: null });
  }

  /** The unused code of a slot with its hash. */
  async findCode(
    { id: totpId, user_id: userId }: TotpVertex,
    slot: string,
  ): Promise<{ readonly id: string; readonly hash: string } | undefined> {
    const where = { user_id: userId, totp_id: totpId, slot, used_at: null };
    const { items } = await this.graph.read.list(BackupCode, { where, limit: 1 });
    const id = items[0]?.id;
    const hash = id === undefined ? undefined : await this.graph.read.reveal(BackupCode, id, 'code_hash');
    return id !== undefined && typeof hash === 'string' ? { id, hash } : undefined;
  }

  async insertSecret(tx: GraphTransaction, userId: string, secret: string): Promise<TotpVertex> {
    const inserted = await tx.insert(TotpSecret, { user_id: userId, secret, last_step: 0 });
    await tx.connect(MfaFor, ref(TotpSecret, inserted.id), userId);
    return inserted;
  }

  async insertCodes(
    tx: GraphTransaction,
    { id: totp_id, user_id }: TotpVertex,
    codes: readonly { readonly slot: string; readonly hash: string }[],
  ): Promise<void> {
    const inserted = await tx.insertMany(
      BackupCode,
      codes.map(({ slot, hash }) => ({ user_id, totp_id, slot, code_hash: hash })),
    );
    await tx.connectMany(
      MfaFor,
      inserted.map(({ id }) => ({ from: ref(BackupCode, id), to: user_id })),
    );
  }

  async removeCodes(tx: GraphTransaction, { id: totp_id, user_id }: TotpVertex): Promise<void> {
    const { items } = await tx.list(BackupCode, { where: { user_id, totp_id }, limit: MOST });
    await tx.removeMany(
      BackupCode,
      items.map(({ id }) => id),
    );
  }

  async removeSecret(tx: GraphTransaction, totp: TotpVertex): Promise<void> {
    await this.removeCodes(tx, totp);
    await tx.remove(TotpSecret, totp.id);
  }

  /** Everything of a user; tells whether a second factor was in force. */
  async removeAll(tx: GraphTransaction, userId: string): Promise<boolean> {
    const { active, pending } = await this.secretsOf(userId, tx);
    for (const totp of [active, pending]) if (totp) await this.removeSecret(tx, totp);
    return active !== undefined;
  }
}
