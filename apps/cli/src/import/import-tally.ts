import type { SourcePlace } from './import-plan.js';

export type Outcome = 'created' | 'updated' | 'unchanged' | 'failed';
export const OUTCOMES: readonly Outcome[] = ['created', 'updated', 'unchanged', 'failed'];

/** In the order in which they are written, because each may name those before it. */
export const KINDS = [
  'organization',
  'teams',
  'project types',
  'link definitions',
  'tags',
  'blueprints',
  'projects',
  'dependencies',
] as const;
export type Kind = (typeof KINDS)[number];

export interface Failure {
  readonly kind: Kind;
  readonly slug: string;
  readonly reason: string;
  readonly source?: SourcePlace;
}

/** What became of everything in a plan. */
export class ImportTally {
  readonly failures: Failure[] = [];
  private readonly counts = new Map<Kind, Record<Outcome, number>>();

  count(kind: Kind, outcome: Exclude<Outcome, 'failed'>, times = 1): void {
    this.of(kind)[outcome] += times;
  }

  fail(failure: Failure): void {
    this.of(failure.kind).failed += 1;
    this.failures.push(failure);
  }

  of(kind: Kind): Record<Outcome, number> {
    const known = this.counts.get(kind);
    if (known) return known;
    const fresh = { created: 0, updated: 0, unchanged: 0, failed: 0 };
    this.counts.set(kind, fresh);
    return fresh;
  }

  total(outcome: Outcome): number {
    return KINDS.reduce((sum, kind) => sum + this.of(kind)[outcome], 0);
  }
}
