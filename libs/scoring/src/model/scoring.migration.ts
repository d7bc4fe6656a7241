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
];
