import { sql } from 'kysely';
import { newId } from '#libs/common';
import type { Database } from '#libs/database';

export interface LargeGraph {
  readonly organizationIds: readonly string[];
  /** Of the n-th project: `project-<n>` in organization n modulo 4. */
  projectId(index: number): string;
}

/** Fills a sample graph by plain SQL: projects of four organizations, each depending on `fanOut` others. */
export async function fillLargeGraph(database: Database, projects: number, fanOut: number): Promise<LargeGraph> {
  const organizationIds = Array.from({ length: 4 }, newId);
  const projectId = (index: number) => `project-${String(index).padStart(13, '0')}`;
  await database.transaction(async (tx) => {
    await sql`
      insert into imbi."Project" (properties)
      select jsonb_build_object('id', 'project-' || lpad(n::text, 13, '0'), 'slug', 'project-' || n,
        'organization_id', (${organizationIds}::text[])[1 + n % 4], 'name', 'Project ' || (n * 7919) % ${projects}::int,
        'rank', n % 100, 'version', 1, 'created_at', '2026-01-01T00:00:00.000Z', 'updated_at', '2026-01-01T00:00:00.000Z'
      )::text::ag_catalog.agtype
      from generate_series(0, ${projects}::int - 1) n`.execute(tx.kysely);
    await sql`
      with numbered as (select id, row_number() over (order by id) - 1 as n from imbi."Project")
      insert into imbi."DEPENDS_ON" (start_id, end_id, properties)
      select distinct a.id, b.id, '{}'::ag_catalog.agtype
      from numbered a cross join generate_series(1, ${fanOut}::int) step
      join numbered b on b.n = (a.n * 31 + step * step * 7919 + step) % ${projects}::int
      where a.n <> b.n`.execute(tx.kysely);
  });
  await database.pool.query('vacuum analyze');
  return { organizationIds, projectId };
}
