import { sql } from 'kysely';
import type { StatementRunner } from '../shared/statement-runner.js';
import type { PurgeState } from './blueprint-purge.dto.js';
import type { BlueprintRecord } from './blueprint-record.js';

export interface PurgeRow {
  readonly id: string;
  readonly organization_id: string | null;
  readonly slug: string;
  readonly subject: BlueprintRecord['subject'];
  readonly attributes: string[];
  readonly state: PurgeState;
  readonly checked: number;
  readonly removed: number;
  readonly total: number;
  /** The id of the last entity that was looked at. */
  readonly position: string | null;
  readonly requested_at: Date;
  readonly finished_at: Date | null;
}

type NewPurge = Pick<PurgeRow, 'id' | 'organization_id' | 'slug' | 'subject' | 'attributes' | 'total'>;

const COLUMNS = sql.raw(
  'id, organization_id, slug, subject, attributes, state, checked, removed, total, position, requested_at, finished_at',
);

/** The progress of purges. */
export class BlueprintPurgesRepository {
  constructor(private readonly statements: StatementRunner) {}

  async insert(row: NewPurge): Promise<PurgeRow | undefined> {
    const rows = await this.statements.run<PurgeRow>(sql`
      insert into imbi_system.blueprint_purges (id, organization_id, slug, subject, attributes, total)
      values (${row.id}, ${row.organization_id}, ${row.slug}, ${row.subject}, ${row.attributes}::text[], ${row.total})
      returning ${COLUMNS}`);
    return rows[0];
  }

  async find(id: string): Promise<PurgeRow | undefined> {
    const rows = await this.statements.run<PurgeRow>(
      sql`select ${COLUMNS} from imbi_system.blueprint_purges where id = ${id}`,
      { fixed: true },
    );
    return rows[0];
  }

  /** The row, kept from other runs of its job until the transaction ends. */
  async lock(id: string): Promise<PurgeRow | undefined> {
    const rows = await this.statements.run<PurgeRow>(
      sql`select ${COLUMNS} from imbi_system.blueprint_purges where id = ${id} for update`,
    );
    return rows[0];
  }

  /** @param position after which to go on; undefined where all is done */
  async advance(id: string, done: { checked: number; removed: number; position: string | undefined }): Promise<void> {
    const { checked, removed, position } = done;
    await this.statements.run(sql`
      update imbi_system.blueprint_purges set
        checked = checked + ${checked}::int, removed = removed + ${removed}::int,
        total = greatest(total, checked + ${checked}::int), position = ${position ?? null},
        state = ${position === undefined ? 'done' : 'running'},
        finished_at = case when ${position === undefined} then now() end
      where id = ${id}`);
  }

  async fail(id: string): Promise<void> {
    await this.statements.run(
      sql`update imbi_system.blueprint_purges set state = 'failed' where id = ${id} and state <> 'done'`,
    );
  }
}
