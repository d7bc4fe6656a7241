import { sql } from 'kysely';
import type { StatementRunner } from '../shared/statement-runner.js';
import type { DeletionState } from './organization-deletion.dto.js';

export interface DeletionRow {
  readonly id: string;
  readonly organization_id: string;
  readonly slug: string;
  readonly state: DeletionState;
  readonly done: number;
  readonly total: number;
  readonly requested_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

const COLUMNS = sql.raw('id, organization_id, slug, state, done, total, requested_at, started_at, finished_at');

/** The progress of deletions; their rows outlive the organizations. */
export class OrganizationDeletionsRepository {
  constructor(private readonly statements: StatementRunner) {}

  async insert(row: Pick<DeletionRow, 'id' | 'organization_id' | 'slug' | 'total'>): Promise<DeletionRow | undefined> {
    const rows = await this.statements.run<DeletionRow>(sql`
      insert into imbi_system.organization_deletions (id, organization_id, slug, total)
      values (${row.id}, ${row.organization_id}, ${row.slug}, ${row.total}) returning ${COLUMNS}`);
    return rows[0];
  }

  async find(id: string): Promise<DeletionRow | undefined> {
    const rows = await this.statements.run<DeletionRow>(
      sql`select ${COLUMNS} from imbi_system.organization_deletions where id = ${id}`,
      { fixed: true },
    );
    return rows[0];
  }

  /** The row, kept from other runs of its job until the transaction ends. */
  async lock(id: string): Promise<DeletionRow | undefined> {
    const rows = await this.statements.run<DeletionRow>(
      sql`select ${COLUMNS} from imbi_system.organization_deletions where id = ${id} for update`,
    );
    return rows[0];
  }

  /** @param left how many things are still to be removed */
  async start(id: string, left: number): Promise<void> {
    await this.statements.run(sql`
      update imbi_system.organization_deletions
      set state = 'running', started_at = coalesce(started_at, now()), total = done + ${left}::int where id = ${id}`);
  }

  async advance(id: string, removed: number): Promise<void> {
    await this.statements.run(sql`
      update imbi_system.organization_deletions
      set done = done + ${removed}::int, total = greatest(total, done + ${removed}::int) where id = ${id}`);
  }

  async finish(id: string): Promise<void> {
    await this.statements.run(sql`
      update imbi_system.organization_deletions
      set state = 'done', total = done, finished_at = now() where id = ${id}`);
  }

  async fail(id: string): Promise<void> {
    await this.statements.run(sql`
      update imbi_system.organization_deletions set state = 'failed' where id = ${id} and state <> 'done'`);
  }
}
