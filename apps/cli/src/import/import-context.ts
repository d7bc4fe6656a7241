import { type Client, ProblemError } from '#sdk';
import type { ImportPlan, SourcePlace } from './import-plan.js';
import type { ImportProgress } from './import-progress.js';
import type { ImportTally, Kind } from './import-tally.js';

/** What every part of one import works with. */
export interface ImportContext {
  readonly client: Client;
  readonly plan: ImportPlan;
  readonly progress: ImportProgress;
  readonly tally: ImportTally;
  readonly dryRun: boolean;
}

interface Write {
  readonly kind: Kind;
  readonly slug: string;
  readonly outcome: 'created' | 'updated';
  readonly source?: SourcePlace;
}

/** Does and tallies one write; what the server refuses of this one thing is tallied too, and the rest goes on. */
export async function write(
  { dryRun, tally }: ImportContext,
  { kind, slug, outcome, source }: Write,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    if (!dryRun) await work();
    tally.count(kind, outcome);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    tally.fail({ kind, slug, source, reason: error.message.replace(/\n\s*/g, ' ') });
  }
}

// Of this one thing; without permission, or without a server, nothing else would go in either.
function isRefusal(error: unknown): error is ProblemError {
  return error instanceof ProblemError && [400, 404, 409, 412, 413, 422].includes(error.status);
}
