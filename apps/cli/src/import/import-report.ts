import type { ImportPlan, ImportProblem, SourcePlace } from './import-plan.js';
import { type Failure, type ImportTally, KINDS, OUTCOMES } from './import-tally.js';

interface Reported {
  readonly plan: ImportPlan;
  readonly tally: ImportTally;
  readonly dryRun: boolean;
  readonly seconds: number;
}

/** The outcome in words: a table by kind, what could not be read, what failed. */
export function importReport({ plan, tally, dryRun, seconds }: Reported): string {
  const lines = [
    ...(nothingToDo(tally) ? [nothing(tally)] : table(tally, dryRun)),
    ...section(inOrder(plan.problems), 'could not be used; the rest could', problemLine),
    ...section(tally.failures, 'failed; the rest is in', failureLine),
    ...(plan.notes.length === 0 ? [] : ['', ...plan.notes]),
    '',
    `${dryRun ? 'Nothing was written (dry run). ' : ''}${seconds.toFixed(1)} s.`,
  ];
  return `${lines.join('\n')}\n`;
}

function nothingToDo(tally: ImportTally): boolean {
  return tally.total('created') + tally.total('updated') + tally.total('failed') === 0;
}

function nothing(tally: ImportTally): string {
  const there = KINDS.filter((kind) => kind !== 'organization' && tally.of(kind).unchanged > 0);
  const counted = there.map((kind) => `${number(tally.of(kind).unchanged)} ${kind}`);
  return `Nothing to do: ${counted.join(', ')} are there already.`;
}

function table(tally: ImportTally, dryRun: boolean): string[] {
  const headings = dryRun ? ['to create', 'to update', 'unchanged', 'would fail'] : OUTCOMES;
  const rows = KINDS.filter((kind) => OUTCOMES.some((outcome) => tally.of(kind)[outcome] > 0));
  return [
    `${''.padEnd(18)}${headings.map((heading) => heading.padStart(12)).join('')}`,
    ...rows.map((kind) => {
      const cells = OUTCOMES.map((outcome) => number(tally.of(kind)[outcome]).padStart(12));
      return `${kind.padEnd(18)}${cells.join('')}`;
    }),
  ];
}

function section<Item>(items: readonly Item[], what: string, describe: (item: Item) => string): readonly string[] {
  if (items.length === 0) return [];
  return [
    '',
    `${items.length === 1 ? 'One thing' : `${number(items.length)} things`} ${what}:`,
    ...items.map(describe),
  ];
}

function problemLine(problem: ImportProblem): string {
  return `  ${at(problem)}: ${problem.reason}`;
}

function failureLine({ kind, slug, reason, source }: Failure): string {
  return `  ${source ? `${at(source)}: ` : ''}${kind}/${slug}: ${reason}`;
}

function inOrder(problems: readonly ImportProblem[]): ImportProblem[] {
  return [...problems].sort((left, right) => left.file.localeCompare(right.file) || left.line - right.line);
}

function at({ file, line }: SourcePlace): string {
  return `${file}:${line}`;
}

function number(count: number): string {
  return count.toLocaleString('en-US');
}
