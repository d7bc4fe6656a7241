import type { Analytics } from '#libs/analytics';
import { Project } from '#libs/catalog';
import type { Graph } from '#libs/graph';
import { type ScoringInputsReader, scoreOf } from '../../libs/scoring/src/score/scoring-inputs.js';

export interface HistoryRow {
  readonly project_id: string;
  readonly timestamp: string;
  readonly score: number | null;
  readonly previous_score: number | null;
  readonly change_reason: string;
}

export interface Engines {
  readonly graph: Graph;
  readonly analytics: Analytics;
  readonly inputs: ScoringInputsReader;
}

const PAGE = 1000;

/** The projects of an organization of which the graph, the history and a computation from scratch do not say the same. */
export async function scoreFaults({ graph, analytics, inputs }: Engines, organizationId: string): Promise<string[]> {
  const rows = await analytics.query<{ project_id: string; score: number | null }>(
    `select project_id, tupleElement(argMaxMerge(latest), 1) as score from ${analytics.table('score_latest')}
    where organization = {organization:String} group by project_id`,
    { organization: organizationId },
  );
  const latest = new Map(rows.map(({ project_id, score }) => [project_id, score]));
  const faults: string[] = [];
  let after: { values: never[]; id: string } | undefined;
  for (;;) {
    const page = await graph.read.list(Project, { where: { organization_id: organizationId }, after, limit: PAGE });
    const read = await inputs.read(
      graph.read,
      page.items.map(({ id }) => id),
    );
    for (const project of read.projects) {
      const fresh = project.archived ? null : scoreOf(read, project, new Date()).score;
      const kept = latest.get(project.id) ?? null;
      latest.delete(project.id);
      if (project.score === fresh && kept === fresh) continue;
      faults.push(`${project.slug}: graph ${project.score}, history ${kept}, from scratch ${fresh}`);
    }
    const last = page.items.at(-1);
    if (!last || page.items.length < PAGE) break;
    after = { values: [], id: last.id };
  }
  for (const [id, score] of latest) if (score !== null) faults.push(`${id} is gone, and counts as ${score}`);
  return faults;
}

export async function scoreHistory(analytics: Analytics, organizationId: string): Promise<HistoryRow[]> {
  return analytics.query<HistoryRow>(
    `select project_id, timestamp, score, previous_score, change_reason from ${analytics.table('score_history')}
    where organization = {organization:String} order by timestamp`,
    { organization: organizationId },
    { maxExecutionSeconds: 60 },
  );
}

/** Each row starts where the one before it ended, and none says the same again: nothing is lost, nothing is twice. */
export function brokenChains(rows: readonly HistoryRow[]): string[] {
  const last = new Map<string, number | null>();
  const faults: string[] = [];
  for (const { project_id, score, previous_score } of rows) {
    const before = last.get(project_id) ?? null;
    if (previous_score !== before) faults.push(`${project_id}: ${previous_score} follows ${before}`);
    if (score === before) faults.push(`${project_id}: ${score} twice`);
    last.set(project_id, score);
  }
  return faults;
}
