import { Analytics, type AnalyticsConnection, embeddedAnalytics, serverAnalytics } from '#libs/analytics';
import { newId, sleep } from '#libs/common';
import { Graph } from '#libs/graph';
import { processDirectory } from '../../libs/analytics/test/test-analytics.js';
import { type Call, type RunningProduct, runningProduct } from '../../libs/product/test/running-product.js';
import { ScoreJournal } from '../../libs/scoring/src/recompute/score-journal.repository.js';
import { ScoringInputsReader } from '../../libs/scoring/src/score/scoring-inputs.js';
import { brokenChains, type HistoryRow, scoreFaults, scoreHistory } from './score-faults.js';

export const DEBOUNCE_SECONDS = 0.1;

/** The product with scoring, its engines and its column store, in this process. */
export interface ScoringWorld {
  readonly product: RunningProduct;
  readonly call: Call;
  readonly graph: Graph;
  readonly analytics: Analytics;
  /** An organization with team `a`, types `a` and `b`, environment `a`, links `docs` and `code`, and tag `a`. */
  organization(): Promise<{ slug: string; path: string; id: string }>;
  project(organization: { path: string }, slug: string, more?: object): Promise<string>;
  policy(path: string, slug: string, more: object): Promise<void>;
  /** Resolves once no score is on its way any more. */
  settled(): Promise<void>;
  /** What is wrong with the scores: of graph, history and a computation from scratch, projects on which two differ. */
  faults(organizationId: string): Promise<string[]>;
  history(projectId: string): Promise<HistoryRow[]>;
  close(): Promise<void>;
}

export async function scoringWorld(
  env: Record<string, string> = {},
  connection: AnalyticsConnection = testConnection(),
): Promise<ScoringWorld> {
  const product = await runningProduct(
    {
      IMBI_SCORING_DEBOUNCE: `${DEBOUNCE_SECONDS * 1000}ms`,
      IMBI_RATE_LIMIT_PER_MINUTE: '1000000',
      IMBI_OUTBOX_POLL_INTERVAL: '50ms',
      ...env,
    },
    connection,
  );
  const { app } = product.api;
  const graph = app.get(Graph, { strict: false });
  const analytics = app.get(Analytics, { strict: false });
  const inputs = app.get(ScoringInputsReader, { strict: false });
  const { call } = product;
  const create = async (path: string, body: object) => {
    const { status, body: answer } = await call('POST', path, body);
    if (status !== 201) throw new Error(JSON.stringify(answer));
    return answer;
  };
  return {
    product,
    call,
    graph,
    analytics,
    organization: async () => {
      const slug = `o${newId()
        .toLowerCase()
        .replaceAll(/[^a-z0-9]/g, '0')}`;
      const { id } = await create('/api/organizations', { slug, name: slug });
      const path = `/api/organizations/${slug}`;
      await create(`${path}/teams`, { slug: 'a', name: 'A' });
      await create(`${path}/teams`, { slug: 'b', name: 'B' });
      for (const type of ['a', 'b']) await create(`${path}/project-types`, { slug: type, name: type });
      await create(`${path}/environments`, { slug: 'a', name: 'A' });
      for (const link of ['docs', 'code']) {
        await create(`${path}/link-definitions`, { slug: link, name: link, url_template: '{url}' });
      }
      await create(`${path}/tags`, { slug: 'a', name: 'A' });
      return { slug, path, id };
    },
    project: async ({ path }, slug, more = {}) =>
      (await create(`${path}/projects`, { slug, name: slug, team: 'a', project_types: ['a'], ...more })).id,
    policy: async (path, slug, more) => {
      await create(`${path}/scoring-policies`, { slug, name: slug, weight: 10, ...more });
    },
    settled: async () => {
      const deadline = Date.now() + 60_000;
      for (let quiet = 0; quiet < 3; ) {
        if (Date.now() > deadline) throw new Error('Scores did not settle in time');
        quiet = (await isQuiet(product, graph)) ? quiet + 1 : 0;
        await sleep(60);
      }
    },
    faults: async (organizationId) => [
      ...(await scoreFaults({ graph, analytics, inputs }, organizationId)),
      ...brokenChains(await scoreHistory(analytics, organizationId)),
    ],
    history: (projectId) =>
      analytics.query<HistoryRow>(
        `select project_id, timestamp, score, previous_score, change_reason from ${analytics.table('score_history')}
        where project_id = {project:String} order by timestamp`,
        { project: projectId },
      ),
    close: () => product.close(),
  };
}

function testConnection(): AnalyticsConnection {
  const database = `imbi_test_${newId().replaceAll('-', '_')}`;
  const url = process.env['IMBI_TEST_CLICKHOUSE_URL'];
  if (url) return serverAnalytics({ url, database });
  return embeddedAnalytics({ directory: processDirectory(), database });
}

async function isQuiet({ api, call }: RunningProduct, graph: Graph): Promise<boolean> {
  const journal = await new ScoreJournal(graph.read).size();
  if (journal > 0) return false;
  const token = await call('GET', '/api/organizations?limit=1');
  if (token.status !== 200) throw new Error('the product does not answer');
  const text = await (await fetch(`${api.url}/metrics`)).text();
  const busy = text
    .split('\n')
    .filter((line) =>
      /^imbi_(outbox_rows\{topic="(job|event)"|queue_jobs\{.*queue="(events|score-recompute|score-fan-out)".*state="(waiting|active|delayed)")/.test(
        line,
      ),
    )
    .filter((line) => !line.endsWith(' 0'));
  return busy.length === 0;
}
