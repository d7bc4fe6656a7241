import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadAverage } from './machine.mjs';

const RESULTS = path.join(import.meta.dirname, 'RESULTS.md');
const HEADS = ['work', 'projects', 'ours', 'yardstick', 'ratio', 'bar', 'met'];

/** @param lines each `{ work, projects?, ours, yardstick?, ratio?, bar?, met? }`, texts but for `projects` and `ratio` */
export function formatTable(lines) {
  const cells = [HEADS, ...lines.map(cellsOf)];
  const widths = HEADS.map((_head, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function writeResults({ command, machine, loadBefore, timing, lines }) {
  const rule = HEADS.map(() => '---');
  const table = [HEADS, rule, ...lines.map(cellsOf)].map((row) => `| ${row.join(' | ')} |`).join('\n');
  const missed = lines.filter((line) => line.met === false).map((line) => line.work);
  const text = `# Results of the bench

Written by \`${command}\`; [docs/performance.md](../../docs/performance.md) says what is measured and how.

| | |
|---|---|
| date | ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC |
| commit | ${machine.commit} |
| processors | ${machine.cpu} |
| memory | ${machine.memory} |
| system | ${machine.system} |
| Node.js | ${machine.node} |
| database | ${machine.database} |
| packages | ${machine.packages} |
| load average before, after | ${loadBefore.join(' ')}, ${loadAverage().join(' ')} (1, 5, 15 minutes) |
| rounds | ${timing.rounds} of ${timing.seconds} s for each target, in turn; 20 connections unless said otherwise |

CPU is of a server's processes, a request: of Node.js, then of the database. ${
    missed.length === 0 ? 'Every bar is met.' : `Missed: ${missed.join('; ')}.`
  }

${table}
`;
  writeFileSync(RESULTS, text);
}

function cellsOf({ work, projects, ours, yardstick, ratio, bar, met }) {
  return [
    work,
    projects?.toLocaleString('en') ?? '',
    ours,
    yardstick ?? '',
    ratio === undefined ? '' : ratio.toFixed(2),
    bar ?? '',
    met === undefined ? '' : met ? 'yes' : 'no',
  ];
}

/** `4,321/s, p95 5.1 ms, CPU 130 + 150 µs`: what a round of load came to. */
export function rate(figures) {
  const { serverCpu, databaseCpu } = figures;
  return `${throughput(figures)}, CPU ${Math.round(serverCpu)} + ${Math.round(databaseCpu)} µs`;
}

export function throughput({ perSecond, p95 }) {
  return `${Math.round(perSecond).toLocaleString('en')}/s, p95 ${ms(p95)}`;
}

export function ms(value) {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

export function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

export function mib(value) {
  return `${Math.round(value)} MiB`;
}
