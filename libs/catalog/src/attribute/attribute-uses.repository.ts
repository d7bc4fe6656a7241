import { sql } from 'kysely';
import type { StatementRunner } from '../shared/statement-runner.js';
import type { AttributeUses } from './index-choice.js';

const KEPT_DAYS = 14;

/** How often projects were looked for by each attribute, by day. */
export class AttributeUsesRepository {
  constructor(private readonly statements: StatementRunner) {}

  async add(counts: ReadonlyMap<string, number>): Promise<void> {
    // In one order everywhere, so that two processes never wait for each other.
    const pairs = [...counts].sort(([left], [right]) => (left < right ? -1 : 1));
    await this.statements.run(sql`
      insert into imbi_system.attribute_uses (name, day, uses)
      select name, current_date, uses
      from unnest(${pairs.map(([name]) => name)}::text[], ${pairs.map(([, uses]) => uses)}::integer[]) as given (name, uses)
      on conflict (name, day) do update set uses = attribute_uses.uses + excluded.uses`);
  }

  async read(): Promise<AttributeUses[]> {
    const rows = await this.statements.run(sql<{ name: string; lately: string; in_all: string }>`
      select name, coalesce(sum(uses) filter (where day >= current_date - 1), 0)::text as lately, sum(uses)::text as in_all
      from imbi_system.attribute_uses where day > current_date - ${sql.lit(KEPT_DAYS)} group by name`);
    return rows.map(({ name, lately, in_all }) => ({ name, lately: Number(lately), inAll: Number(in_all) }));
  }

  async forgetOld(): Promise<void> {
    await this.statements.run(
      sql`delete from imbi_system.attribute_uses where day <= current_date - ${sql.lit(KEPT_DAYS)}`,
    );
  }
}
