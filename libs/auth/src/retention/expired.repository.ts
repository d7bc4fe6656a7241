import { Injectable } from '@nestjs/common';
import { type RawBuilder, sql } from 'kysely';
import { Database, inBatches } from '#libs/database';
import { Graph } from '#libs/graph';
import { ApiKey, ClientCredential } from '../model/credential.vertex.js';
import { RefreshToken, Session } from '../model/session.vertex.js';

/** Vertices go with their edges, and each leaves its trace in the history: fewer at a time. */
const VERTICES = 200;
/** As long as an access token may be checked by a clock that is behind. */
const CLOCK_SKEW_SECONDS = 3600;

/** Removes what sign-ins leave behind, in short transactions. Each method returns how much it was. */
@Injectable()
export class ExpiredRepository {
  constructor(
    private readonly database: Database,
    private readonly graph: Graph,
  ) {}

  /** Sessions that ended before `moment`, by whatever way, and all their tokens. */
  async removeSessions(moment: Date): Promise<number> {
    const before = { lt: moment.toISOString() };
    const ended = await inBatches(
      (limit) => this.removeSomeSessions({ ended_at: before }, 'ended_at', limit),
      VERTICES,
    );
    return (
      ended +
      (await inBatches((limit) => this.removeSomeSessions({ expires_at: before }, 'expires_at', limit), VERTICES))
    );
  }

  /** Refresh tokens that were spent before `moment`, of sessions that live on. */
  async removeSpentTokens(moment: Date): Promise<number> {
    return inBatches((limit) => this.removeSomeTokens({ spent_at: { lt: moment.toISOString() } }, limit), VERTICES);
  }

  /** What was taken back before its time, once it has run out. */
  async removeRevokedTokens(): Promise<number> {
    return this.removeRows(
      (limit) => sql`delete from imbi_system.revoked_tokens where jti in (
        select jti from imbi_system.revoked_tokens
        where expires_at < now() - make_interval(secs => ${CLOCK_SKEW_SECONDS}) limit ${limit})`,
    );
  }

  /** Keys and clients that were revoked, or ended, before `moment`. Few enough to look at all of them. */
  async removeCredentials(moment: Date): Promise<number> {
    const before = { lt: moment.toISOString() };
    const where = { or: [{ revoked_at: before }, { expires_at: before }] };
    const remove = (label: typeof ApiKey | typeof ClientCredential) =>
      inBatches(async (limit) => {
        const { items } = await this.graph.read.list(label, { where, limit });
        const ids = items.map(({ id }) => id);
        if (ids.length > 0) await this.graph.transaction((tx) => tx.removeMany(label, ids));
        return ids.length;
      }, VERTICES);
    return (await remove(ApiKey)) + (await remove(ClientCredential));
  }

  /** Sign-ins with providers that nobody finished. */
  async removeProviderSignIns(): Promise<number> {
    const flows = await this.removeRows(
      (limit) => sql`delete from imbi_system.oauth_flows where state_hash in (
        select state_hash from imbi_system.oauth_flows where expires_at < now() limit ${limit})`,
    );
    const codes = await this.removeRows(
      (limit) => sql`delete from imbi_system.oauth_codes where code_hash in (
        select code_hash from imbi_system.oauth_codes where expires_at < now() limit ${limit})`,
    );
    return flows + codes;
  }

  private async removeSomeSessions(
    where: Parameters<typeof this.graph.read.list<typeof Session>>[1]['where'],
    key: 'ended_at' | 'expires_at',
    limit: number,
  ): Promise<number> {
    const { items } = await this.graph.read.list(Session, { where, order: [[key, 'asc']], limit });
    for (const { id } of items) {
      await inBatches((some) => this.removeSomeTokens({ session_id: id }, some), VERTICES);
    }
    await this.graph.transaction((tx) =>
      tx.removeMany(
        Session,
        items.map(({ id }) => id),
      ),
    );
    return items.length;
  }

  private async removeSomeTokens(where: object, limit: number): Promise<number> {
    const { items } = await this.graph.read.list(RefreshToken, { where, limit });
    if (items.length > 0)
      await this.graph.transaction((tx) =>
        tx.removeMany(
          RefreshToken,
          items.map(({ id }) => id),
        ),
      );
    return items.length;
  }

  private async removeRows(some: (limit: number) => RawBuilder<unknown>): Promise<number> {
    return inBatches(async (limit) => {
      const { numAffectedRows } = await some(limit).execute(this.database.kysely);
      return Number(numAffectedRows ?? 0);
    });
  }
}
