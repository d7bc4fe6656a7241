import { sql } from 'kysely';
import type { StatementRunner } from '../shared/statement-runner.js';

/** Slugs that projects had before: they keep leading to them until another project takes one. */
export class FormerSlugsRepository {
  constructor(private readonly statements: StatementRunner) {}

  async retire(organizationId: string, projectId: string, slug: string): Promise<void> {
    await this.statements.run(sql`
      insert into imbi_system.former_project_slugs (organization_id, slug, project_id)
      values (${organizationId}, ${slug}, ${projectId})
      on conflict (organization_id, slug) do update set project_id = excluded.project_id, retired_at = now()`);
  }

  async findProjectId(organizationId: string, slug: string): Promise<string | undefined> {
    const rows = await this.statements.run(
      sql<{ project_id: string }>`select project_id from imbi_system.former_project_slugs
        where organization_id = ${organizationId} and slug = ${slug}`,
      { fixed: true },
    );
    return rows[0]?.project_id;
  }

  async forget(...projectIds: readonly string[]): Promise<void> {
    await this.statements.run(
      sql`delete from imbi_system.former_project_slugs where project_id = any(${projectIds}::text[])`,
    );
  }
}
