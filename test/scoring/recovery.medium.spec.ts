import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { serverAnalytics } from '#libs/analytics';
import { Project } from '#libs/catalog';
import { createLogger, newId, sleep } from '#libs/common';
import { type ClickHouseFront, clickHouseFront } from '../../libs/analytics/test/clickhouse-front.js';
import { processDirectory } from '../../libs/analytics/test/test-analytics.js';
import { ScoreRepair } from '../../libs/scoring/src/recompute/repair.js';
import { ScoreJournal } from '../../libs/scoring/src/recompute/score-journal.repository.js';
import { ScoreWriter } from '../../libs/scoring/src/recompute/score-writer.js';
import { RescoreHandler } from '../../libs/scoring/src/rescore/rescore.handler.js';
import { RescoreRuns } from '../../libs/scoring/src/rescore/rescore-runs.repository.js';
import { RescoreSteps } from '../../libs/scoring/src/rescore/rescore-steps.js';
import { type LosingFront, losingFront, type Mood } from './losing-front.js';
import { type ScoringWorld, scoringWorld } from './scoring-world.js';

let engine: ClickHouseFront;
let column: LosingFront;
let world: ScoringWorld;
let organization: Awaited<ReturnType<ScoringWorld['organization']>>;
let writer: ScoreWriter;
let repair: ScoreRepair;
let steps: RescoreSteps;
const ids: string[] = [];

beforeAll(async () => {
  engine = await clickHouseFront(processDirectory());
  column = await losingFront(engine.url);
  const database = `imbi_test_${newId().replaceAll('-', '_')}`;
  // One project in a batch, so that a run over three has a middle.
  world = await scoringWorld(
    { IMBI_SCORING_BATCH: '1' },
    serverAnalytics({ url: column.url, database, requestTimeoutSeconds: 5 }),
  );
  const { app } = world.product.api;
  writer = app.get(ScoreWriter, { strict: false });
  repair = app.get(ScoreRepair, { strict: false });
  steps = app.get(RescoreSteps, { strict: false });
  organization = await world.organization();
  for (const slug of ['p0', 'p1', 'p2']) ids.push(await world.project(organization, slug));
  await world.policy(organization.path, 'described', {
    attribute_name: 'description',
    measure: 'present',
    value_score_map: { true: 100 },
  });
  await world.settled();
  // It starts a product with all its engines, on whatever else the machine has to do.
}, 180_000);

afterAll(async () => {
  await world?.close();
  await column?.close();
  await engine?.close();
});

beforeEach(() => {
  column.mood = 'answers';
});

const describeProject = (id: string | undefined, description: string | null) =>
  world.call('PATCH', `${organization.path}/projects/${id}`, { description });
const scoreOf = async (id: string | undefined) => (await world.graph.read.find(Project, id ?? ''))?.score;
const journalSize = () => new ScoreJournal(world.graph.read).size();

async function until(check: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await check()) return;
    await sleep(50);
  }
  throw new Error('It did not happen in time');
}

describe('while the history is away', () => {
  it('scores are decided and wait, and are in both when it is back', async () => {
    column.mood = 'is away';
    await describeProject(ids[0], 'What it is.');
    await until(async () => (await journalSize()) > 0);
    expect(await scoreOf(ids[0])).toBe(0);
    await describeProject(ids[0], null);
    await describeProject(ids[1], 'And this.');
    await sleep(300);
    expect(await scoreOf(ids[1])).toBe(0);
    column.mood = 'answers';
    await world.settled();
    expect([await scoreOf(ids[0]), await scoreOf(ids[1])]).toEqual([0, 100]);
    expect(await world.faults(organization.id)).toEqual([]);
  });

  it('a history that took the rows and could not say so takes them once', async () => {
    const before = (await world.history(ids[2] ?? '')).length;
    column.mood = 'loses answers';
    await describeProject(ids[2], 'Told, and not heard.');
    await until(async () => (await journalSize()) > 0);
    await sleep(500);
    expect(await scoreOf(ids[2])).toBe(0);
    column.mood = 'answers';
    expect((await world.history(ids[2] ?? '')).at(-1)?.score).toBe(100);
    await world.settled();
    expect(await scoreOf(ids[2])).toBe(100);
    expect(await world.history(ids[2] ?? '')).toHaveLength(before + 1);
    expect(await world.faults(organization.id)).toEqual([]);
  });
});

describe('whatever fails in between, and whoever else is at it', () => {
  const ROUNDS = Number(process.env['IMBI_TEST_SCORE_ROUNDS'] ?? 8);
  const MOODS: readonly Mood[] = ['answers', 'is away', 'loses answers'];
  const random = (below: number) => Math.floor(Math.random() * below);

  it(`nothing is stale, lost or doubled after ${ROUNDS} rounds of changes and failures`, async () => {
    const projects = ids.map((id) => ({ id, organizationId: organization.id, reason: 'test' }));
    const outcomes = { done: 0, failed: 0 };
    const scoreAtOnce = async (writers: readonly (readonly (typeof projects)[number][])[]) => {
      for (const { status } of await Promise.allSettled(writers.map((some) => writer.score({ projects: some }))))
        outcomes[status === 'fulfilled' ? 'done' : 'failed'] += 1;
    };
    const changeTo = (id: string, description: string | null) =>
      world.graph.transaction((tx) => tx.patch(Project, id, { set: { description } }));
    // Chance alone may pick a run in which nothing fails, or nothing succeeds: one of each is certain.
    const [first = ''] = ids;
    await changeTo(first, (await scoreOf(first)) === 0 ? 'Changed.' : null);
    column.mood = 'is away';
    await scoreAtOnce([projects]);
    column.mood = 'answers';
    await scoreAtOnce([projects]);
    expect(outcomes).toEqual({ done: 1, failed: 1 });
    for (let round = 0; round < ROUNDS; round += 1) {
      await changeTo(ids[random(ids.length)] ?? '', random(2) === 0 ? null : `round ${round}`);
      column.mood = MOODS[random(MOODS.length)] ?? 'answers';
      // Each takes some of the projects; what one of them leaves in the journal is in the way of the next.
      await scoreAtOnce(Array.from({ length: 1 + random(3) }, () => projects.filter(() => random(3) > 0)));
    }
    column.mood = 'answers';
    for (const [index, id] of ids.entries()) {
      const set = { description: index === 0 ? null : 'In the end.' };
      await world.graph.transaction((tx) => tx.patch(Project, id, { set }));
    }
    await writer.score({ projects });
    expect(await Promise.all(ids.map(scoreOf))).toEqual([0, 100, 100]);
    expect(await journalSize()).toBe(0);
    expect(await world.faults(organization.id)).toEqual([]);
  });
});

describe('a run that follows from a change', () => {
  const join = (jobId: string) =>
    world.graph.transaction((tx) => new RescoreRuns(tx).join(jobId, organization.id, 'test'));
  const newJob = () => `test-${newId()}`;
  const change = (id: string | undefined, description: string | null) =>
    world.graph.transaction((tx) => tx.patch(Project, id ?? '', { set: { description } }));

  /** Takes steps until there is nothing left; returns how many batches there were, and at which change it was through. */
  async function walk(runId: string, jobId: string): Promise<{ batches: number; lap: number }> {
    for (let batches = 0; ; ) {
      const step = await steps.next(runId, jobId);
      if (!step) throw new Error('the run is not ours');
      if (step.kind === 'through') return { batches, lap: step.lap };
      if (step.kind === 'blocked') throw new Error('nobody else is on it');
      if (step.batch) await writer.store(step.batch);
      batches += 1;
    }
  }

  it('is joined by the next one: it goes once round from where it is, and covers both', async () => {
    for (const id of ids) await change(id, null);
    await writer.score({ projects: ids.map((id) => ({ id, organizationId: organization.id, reason: 'test' })) });
    const [first, second] = [newJob(), newJob()];
    const runId = await join(first);
    expect(await steps.next(runId, first)).toMatchObject({ kind: 'decided', done: 1, total: 3 });
    // What has been passed changes now; only the way round comes back to it.
    const [passed, ...ahead] = [...ids].sort();
    await change(passed, 'Changed behind it.');
    for (const id of ahead) await change(id, 'Changed before it.');
    expect(await join(second)).toBe(runId);
    expect(await steps.next(runId, first)).toMatchObject({ kind: 'decided', done: 2, total: 4 });
    // A job that is run again joins no second time, or retries would have it go round for ever.
    expect(await join(second)).toBe(runId);
    const leftovers = await new ScoreJournal(world.graph.read).ofRun(runId);
    await writer.finishAll(leftovers);
    expect(await walk(runId, first)).toEqual({ batches: 2, lap: 1 });
    expect(await Promise.all(ids.map(scoreOf))).toEqual([100, 100, 100]);
    const runs = new RescoreRuns(world.graph.read);
    expect(await runs.end(runId, 0)).toBe(false);
    expect(await runs.end(runId, 1)).toBe(true);
    expect(await runs.find(runId)).toMatchObject({ state: 'done', done: 4, total: 4, changed: 3 });
    expect(await world.faults(organization.id)).toEqual([]);
  });

  it('is one job’s at a time, goes on after the last batch that was decided, and cannot be canceled', async () => {
    for (const id of ids) await change(id, null);
    const [dead, next] = [newJob(), newJob()];
    const runId = await join(dead);
    // Whoever takes this step dies before the history hears of it.
    expect(await steps.next(runId, dead)).toMatchObject({ kind: 'decided', done: 1 });
    expect(await steps.next(runId, next)).toBeUndefined();
    const canceled = await world.call('POST', `/api/scoring/rescores/${runId}/cancel`);
    expect(canceled).toMatchObject({ status: 409, body: { code: 'rescore_needed' } });
    await world.graph.read.run(sql`update imbi_system.score_runs set leased_until = now() where id = ${runId}`);
    await repair.resume();
    await until(async () => (await new RescoreRuns(world.graph.read).find(runId))?.state === 'done');
    const run = await new RescoreRuns(world.graph.read).find(runId);
    expect(run).toMatchObject({ done: 3, total: 3, changed: 3 });
    expect(await journalSize()).toBe(0);
    expect(await Promise.all(ids.map(scoreOf))).toEqual([0, 0, 0]);
    expect(await world.faults(organization.id)).toEqual([]);
    for (const id of ids.slice(1)) await change(id, 'In the end.');
    await writer.score({ projects: ids.map((id) => ({ id, organizationId: organization.id, reason: 'test' })) });
  });

  it('stays with the job that will try again while the history is away', async () => {
    const handler = world.product.api.app.get(RescoreHandler, { strict: false });
    const run = (jobId: string) =>
      handler.run(
        { run_id: runId, organization_id: organization.id, reason: 'test' },
        {
          jobId,
          attempt: 1,
          signal: new AbortController().signal,
          logger: createLogger('test'),
          progress: async () => {},
        },
      );
    for (const id of ids) await change(id, 'Changed while it was away.');
    const [mine, other] = [newJob(), newJob()];
    const runId = await join(mine);
    column.mood = 'is away';
    await expect(run(mine)).rejects.toMatchObject({ code: 'analytics_unavailable' });
    await repair.resume();
    await run(other);
    await expect(run(mine)).rejects.toMatchObject({ code: 'analytics_unavailable' });
    // However often it is tried, no more is decided than can be told.
    expect(await journalSize()).toBe(1);
    column.mood = 'answers';
    await run(mine);
    expect(await new RescoreRuns(world.graph.read).find(runId)).toMatchObject({ state: 'done', done: 3 });
    expect(await Promise.all(ids.map(scoreOf))).toEqual([100, 100, 100]);
    await change(ids[0], null);
    await writer.score({ projects: ids.map((id) => ({ id, organizationId: organization.id, reason: 'test' })) });
  });

  it('is begun by another job where its own is lost', async () => {
    const runId = await join(newJob());
    await repair.resume();
    const runs = new RescoreRuns(world.graph.read);
    expect(await runs.find(runId)).toMatchObject({ state: 'pending' });
    await world.graph.read.run(
      sql`update imbi_system.score_runs set requested_at = now() - interval '1 hour' where id = ${runId}`,
    );
    expect((await runs.orphaned()).map(({ id }) => id)).toEqual([runId]);
    // One new job is enough, and until it comes anybody may go on.
    await runs.adopt(runId);
    expect(await runs.orphaned()).toEqual([]);
    expect(await runs.hold(runId, newJob())).toBe(true);
    expect(await runs.hold(runId, newJob())).toBe(false);
    await world.graph.read.run(sql`update imbi_system.score_runs set leased_until = now() where id = ${runId}`);
    await repair.resume();
    await until(async () => (await new RescoreRuns(world.graph.read).find(runId))?.state === 'done');
  });
});

describe('the repair job', () => {
  it('finishes what whoever decided it left behind', async () => {
    const id = ids[0] ?? '';
    const request = { projects: [{ id, organizationId: organization.id, reason: 'test' }] };
    await world.graph.transaction((tx) => tx.patch(Project, id, { set: { description: 'Changed without an event.' } }));
    column.mood = 'is away';
    await expect(writer.score(request)).rejects.toMatchObject({ code: 'analytics_unavailable' });
    column.mood = 'answers';
    await world.graph.read.run(sql`update imbi_system.score_writes set decided_at = now() - interval '1 hour'`);
    await repair.repair();
    expect(await journalSize()).toBe(0);
    expect(await scoreOf(id)).toBe(100);
    expect(await world.faults(organization.id)).toEqual([]);
  });

  it('is not needed by who comes to the same project: they finish it and then decide anew', async () => {
    const id = ids[1] ?? '';
    const request = { projects: [{ id, organizationId: organization.id, reason: 'test' }] };
    const patch = (description: string | null) =>
      world.graph.transaction((tx) => tx.patch(Project, id, { set: { description } }));
    await patch(null);
    column.mood = 'is away';
    await expect(writer.score(request)).rejects.toMatchObject({ code: 'analytics_unavailable' });
    column.mood = 'answers';
    await patch('Back again.');
    await Promise.all([writer.score(request), writer.score(request), writer.score(request)]);
    const rows = await world.history(id);
    expect(rows.slice(-2).map(({ previous_score, score }) => [previous_score, score])).toEqual([
      [100, 0],
      [0, 100],
    ]);
    expect(await world.faults(organization.id)).toEqual([]);
  });

  it('finds, once a day, where graph and history differ', async () => {
    const id = ids[2] ?? '';
    await world.graph.transaction((tx) => tx.derive(Project, 'score', [{ id, value: 12.5 }]));
    expect(await repair.reconcile()).toBe(1);
    expect(await scoreOf(id)).toBe(100);
    expect(await repair.reconcile()).toBe(0);
  });

  it('goes on with a run whose worker died', async () => {
    const started = await world.call('POST', '/api/scoring/rescore', { organization: organization.slug });
    await world.settled();
    const { id } = started.body;
    await world.graph.read.run(sql`
      update imbi_system.score_runs set state = 'running', reached = '', done = 0, finished_at = null,
        leased_by = 'somebody', leased_until = now() - interval '1 second' where id = ${id}`);
    await repair.resume();
    await until(async () => (await world.call('GET', `/api/scoring/rescores/${id}`)).body.state === 'done');
    expect((await world.call('GET', `/api/scoring/rescores/${id}`)).body).toMatchObject({ done: 3, total: 3 });
  });
});

describe('ages of dates', () => {
  it('make another score of the same project on another day', async () => {
    await world.policy(organization.path, 'fresh', {
      attribute_name: 'created_at',
      measure: 'age_days',
      range_score_map: { '..1': 100, '1..': 0 },
    });
    await world.settled();
    expect(await scoreOf(ids[2])).toBe(100);
    await world.graph.read.run(sql`
      update imbi."Project" set properties = properties operator(ag_catalog.||)
        ag_catalog.agtype_build_map('created_at', '2026-01-01T00:00:00.000Z'::text)
      where ag_catalog.agtype_access_operator(properties, '"id"'::ag_catalog.agtype) operator(ag_catalog.=)
        ${JSON.stringify(ids[2])}::ag_catalog.agtype`);
    await repair.daily();
    await world.settled();
    expect(await scoreOf(ids[2])).toBe(50);
  });
});
