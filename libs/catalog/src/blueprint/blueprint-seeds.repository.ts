import { sql } from 'kysely';
import type { StatementRunner } from '../shared/statement-runner.js';

/** Which blueprints an installation was given already, whatever became of them. */
export class BlueprintSeedsRepository {
  constructor(private readonly statements: StatementRunner) {}

  async has(name: string): Promise<boolean> {
    const rows = await this.statements.run(
      sql<{ name: string }>`select name from imbi_system.blueprint_seeds where name = ${name}`,
    );
    return rows.length > 0;
  }

  /** False where somebody else has it; a second process that starts at the same moment waits here for the first. */
  async claim(name: string): Promise<boolean> {
    const rows = await this.statements.run(
      sql<{ name: string }>`insert into imbi_system.blueprint_seeds (name) values (${name})
        on conflict do nothing returning name`,
    );
    return rows.length > 0;
  }
}
