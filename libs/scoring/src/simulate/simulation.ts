import { divideRounded, fromUnits, toUnits } from '../engine/exact.js';
import { bucketOf, emptyBuckets } from '../score/rollup.read-model.js';
import type { Listed, SimulatedProjectDto, SimulationResultDto } from './simulate.dto.js';

export interface SimulationOptions {
  readonly threshold: number | undefined;
  readonly list: Listed;
  readonly limit: number;
  readonly buckets: number;
}

type Scored = Pick<SimulatedProjectDto, 'id' | 'slug' | 'organization_id' | 'before' | 'after'>;

/** Adds up what a simulation finds, project by project, in memory that does not grow with their number. */
export class Simulation {
  private readonly buckets: SimulationResultDto['distribution'];
  private items: SimulatedProjectDto[] = [];
  private projects = 0;
  private changed = 0;
  private dropping = 0;
  private before = 0n;
  private after = 0n;

  constructor(private readonly options: SimulationOptions) {
    this.buckets = emptyBuckets(options.buckets).map(({ low, high }) => ({ low, high, before: 0, after: 0 }));
  }

  add(scored: Scored): void {
    const { before, after } = scored;
    const { threshold, limit, list } = this.options;
    this.projects += 1;
    this.before += toUnits(before);
    this.after += toUnits(after);
    this.bucket(before).before += 1;
    this.bucket(after).after += 1;
    if (before === after) return;
    this.changed += 1;
    const drops = threshold !== undefined && before >= threshold && after < threshold;
    if (drops) this.dropping += 1;
    if (list === 'dropping' && !drops) return;
    this.items.push({ ...scored, delta: fromUnits(toUnits(after) - toUnits(before)), drops });
    // Twice as many as are asked for, then cut: a sort for every so many rather than for each.
    if (this.items.length > 2 * limit + 100) this.cut();
  }

  result(): SimulationResultDto {
    this.cut();
    return {
      projects: this.projects,
      changed: this.changed,
      average_before: this.mean(this.before),
      average_after: this.mean(this.after),
      dropping: this.dropping,
      distribution: this.buckets,
      items: this.items,
      truncated: (this.options.list === 'dropping' ? this.dropping : this.changed) > this.items.length,
    };
  }

  private bucket(score: number): SimulationResultDto['distribution'][number] {
    const bucket = this.buckets[bucketOf(score, this.options.buckets)];
    if (!bucket) throw new Error(`${score} is no score`);
    return bucket;
  }

  private mean(sum: bigint): number | null {
    return this.projects === 0 ? null : fromUnits(divideRounded(sum, BigInt(this.projects)));
  }

  private cut(): void {
    this.items.sort((left, right) => Math.abs(right.delta) - Math.abs(left.delta) || (left.id < right.id ? -1 : 1));
    this.items = this.items.slice(0, this.options.limit);
  }
}
