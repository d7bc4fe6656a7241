import { migration } from '#libs/database';

export const scoringMigrations = [
  migration('scoring/0001_scoring', (m) => {
    m.vertex('ScoringPolicy');
    m.unique('ScoringPolicy', ['scope', 'slug']);
    m.index('ScoringPolicy', ['scope', 'priority', 'id']);
    m.edge('TARGETS');
    // Scores that are decided, on their way to the history and the graph: gone once they are in both.
    m.sql(`create table imbi_system.score_writes (
      project_id text primary key,
      batch_id text not null,
      position integer not null,
      run_id text,
      history text not null,
      decided_at timestamptz not null default now()
    )`);
    m.sql('create index score_writes_batch on imbi_system.score_writes (batch_id, position)');
    m.sql('create index score_writes_age on imbi_system.score_writes (decided_at)');
    m.sql(`create table imbi_system.score_runs (
      id text primary key,
      state text not null default 'pending' check (state in ('pending', 'running', 'done', 'canceled')),
      selection jsonb not null,
      reason text not null,
      done integer not null default 0,
      changed integer not null default 0,
      total integer not null default 0,
      reached text not null default '',
      leased_by text,
      leased_until timestamptz,
      requested_at timestamptz not null default now(),
      started_at timestamptz,
      finished_at timestamptz
    )`);
    m.sql('create index score_runs_state on imbi_system.score_runs (state, leased_until)');
  }),
  // Runs that follow from changes: one for each organization and one for all, which every further change joins.
  migration('scoring/0002_shared_runs', (m) => {
    m.sql(`alter table imbi_system.score_runs
      add column shared text,
      add column lap integer not null default 0,
      add column origin text not null default '',
      add column wrapped boolean not null default false`);
    m.sql(`create unique index score_runs_shared on imbi_system.score_runs (shared)
      where shared is not null and state in ('pending', 'running')`);
    m.sql(`create table imbi_system.score_run_jobs (
      job_id text primary key,
      run_id text not null references imbi_system.score_runs (id) on delete cascade
    )`);
    m.sql('create index score_run_jobs_run on imbi_system.score_run_jobs (run_id)');
    m.sql('create index score_writes_run on imbi_system.score_writes (run_id) where run_id is not null');
  }),
];
