/** When a job that a change asked for is dropped: as ours is, or in a way that loses changes. */
export type Rule = 'only for a newer one that nobody touched' | 'while one is waiting or running';

interface Row {
  readonly seq: number;
  readonly due: number;
  leased: boolean;
  attempts: number;
}

interface Job {
  readonly seq: number;
  state: 'waiting' | 'running';
  read: number;
}

const DEBOUNCE = 5;

/**
 * The way from a change to the score, reduced to what can go wrong: one project, one key, any number of relays and workers
 * that do one step at a time and may die after any of them. Time passes between steps, or not.
 */
export class DebounceModel {
  /** What the last change made of the project. */
  value = 0;
  /** What its score was computed from. */
  scored = 0;
  private now = 0;
  private seq = 0;
  private events: number[] = [];
  private rows: Row[] = [];
  private claimed: { row: Row; superseded: boolean }[] = [];
  private jobs: Job[] = [];
  /** A decision that is in the journal: whoever decides next finishes it first. */
  private journal: number | undefined;

  constructor(private readonly rule: Rule) {}

  private readonly steps: readonly (() => void)[] = [
    () => this.change(),
    () => this.hearEvent(),
    () => this.claim(),
    () => this.handOver(),
    () => this.relayDies(),
    () => this.storeRefuses(),
    () => this.begin(),
    () => this.decide(),
    () => this.finish(),
    () => this.workerDies(),
    () => this.pass(1),
    () => this.pass(DEBOUNCE),
  ];

  get stepCount(): number {
    return this.steps.length;
  }

  step(index: number): void {
    this.steps[index % this.steps.length]?.();
  }

  /** Nothing changes any more, and everybody goes on until there is nothing left to do. */
  settle(): void {
    for (let round = 0; round < 1000; round += 1) {
      while (this.events.length > 0) this.hearEvent();
      this.relayDies();
      this.pass(DEBOUNCE);
      this.claim();
      while (this.claimed.length > 0) this.handOver();
      this.begin();
      this.decide();
      this.finish();
      if (this.events.length + this.rows.length + this.jobs.length === 0 && this.journal === undefined) return;
    }
    throw new Error('It never comes to rest');
  }

  private change(): void {
    this.value += 1;
    this.events.push(this.value);
  }

  /** The event's handler enqueues a job, in a transaction of its own; it may hear of events in any order. */
  private hearEvent(): void {
    if (this.events.shift() === undefined) return;
    if (this.rule === 'while one is waiting or running' && this.rows.length + this.jobs.length > 0) return;
    this.seq += 1;
    this.rows.push({ seq: this.seq, due: this.now + DEBOUNCE, leased: false, attempts: 0 });
  }

  private claim(): void {
    const due = this.rows.filter((row) => row.due <= this.now && !row.leased);
    // As one statement sees it: leases that this very claim takes do not count.
    const judged = due.map((row) => ({ row, superseded: this.isSuperseded(row) }));
    for (const { row } of judged) row.leased = true;
    this.claimed.push(...judged);
  }

  private isSuperseded(row: Row): boolean {
    return this.rows.some((other) => other.seq > row.seq && !other.leased && other.attempts === 0);
  }

  private handOver(): void {
    const next = this.claimed.shift();
    if (!next) return;
    const isThere = this.jobs.some(({ seq }) => seq === next.row.seq);
    if (!next.superseded && !isThere) this.jobs.push({ seq: next.row.seq, state: 'waiting', read: -1 });
    this.rows = this.rows.filter((row) => row !== next.row);
  }

  /** What a relay held when it died, or what was put into the queue but not taken out of the outbox, is claimed again. */
  private relayDies(): void {
    for (const { row } of this.claimed.splice(0)) row.leased = false;
  }

  private storeRefuses(): void {
    const next = this.claimed.shift();
    if (!next) return;
    if (next.superseded) {
      this.rows = this.rows.filter((row) => row !== next.row);
      return;
    }
    next.row.leased = false;
    next.row.attempts += 1;
  }

  private begin(): void {
    const job = this.jobs.find(({ state }) => state === 'waiting');
    if (job) job.state = 'running';
  }

  private decide(): void {
    const job = this.jobs.find(({ state, read }) => state === 'running' && read === -1);
    if (!job) return;
    this.toGraph();
    job.read = this.value;
    if (this.value !== this.scored) this.journal = this.value;
  }

  private finish(): void {
    const job = this.jobs.find(({ read }) => read !== -1);
    if (!job) return;
    this.toGraph();
    this.jobs = this.jobs.filter((other) => other !== job);
  }

  private toGraph(): void {
    if (this.journal !== undefined) this.scored = this.journal;
    this.journal = undefined;
  }

  private workerDies(): void {
    for (const job of this.jobs) Object.assign(job, { state: 'waiting', read: -1 });
  }

  private pass(time: number): void {
    this.now += time;
  }
}
