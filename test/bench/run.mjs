// The runner of `npm run bench`: builds the graphs, lets every row measure, prints the table and keeps it.
// A row is a module rows/<name>.row.mjs; docs/performance.md says how to add one.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { openGraph } from './graph-stage.mjs';
import { describeMachine, loadAverage } from './machine.mjs';
import { nativeEngines, versionOfServer } from './native.mjs';
import { formatTable, writeResults } from './report.mjs';

const ROWS = path.join(import.meta.dirname, 'rows');
const FULL = { rounds: 5, seconds: 4, starts: 5, calls: 300 };
const SHORT = { rounds: 3, seconds: 2, starts: 2, calls: 100 };
const QUICK = { rounds: 2, seconds: 1, starts: 1, calls: 30 };

/**
 * Runs the rows `only` names (all without it) over graphs of `sizes` projects.
 * @returns whether every bar was met
 */
export async function runBench({ sizes, only, quick, short, fresh, command }) {
  const rows = await chosenRows(only);
  const native = rows.some((row) => row.needs !== 'embedded') ? nativeEngines() : undefined;
  const wholeRun = !quick && only === undefined;
  const bench = { native, graphs: [], timing: quick ? QUICK : short ? SHORT : FULL, keepPlans: wholeRun, say };
  const machine = describeMachine(native === undefined ? 'embedded only' : await versionOfServer(native.serverUrl));
  const before = loadAverage();
  const lines = [];
  try {
    if (native !== undefined && rows.some((row) => row.needs === 'graphs')) {
      for (const projects of sizes) bench.graphs.push(await openGraph({ ...native, projects, fresh, say }));
    }
    for (const row of rows) {
      lines.push(...(await measure(row, bench)));
      // Row by row: what was measured is kept when a later row fails.
      if (wholeRun) writeResults({ command, machine, loadBefore: before, timing: bench.timing, lines });
    }
  } finally {
    for (const graph of bench.graphs) await graph.close();
  }
  console.log(`\n${formatTable(lines)}\n`);
  return lines.every((line) => line.met !== false);
}

async function chosenRows(only) {
  const names = readdirSync(ROWS)
    .filter((file) => file.endsWith('.row.mjs'))
    .map((file) => file.slice(0, -'.row.mjs'.length));
  const unknown = (only ?? []).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`There is no row ${unknown.join(', ')}; there are ${names.join(', ')}.`);
  const rows = [];
  for (const name of only ?? names) rows.push({ name, ...(await import(path.join(ROWS, `${name}.row.mjs`))).row });
  return rows.sort((left, right) => left.order - right.order);
}

async function measure(row, bench) {
  if (row.needs !== 'embedded' && bench.native === undefined) {
    say(`${row.name}: skipped, there are no native engines`);
    return [];
  }
  say(`${row.name}: ${row.title}`);
  const load = loadAverage();
  try {
    const lines = await row.measure(bench);
    return lines.map((line) => ({ ...line, row: row.name, load }));
  } catch (error) {
    // A row that cannot be measured is a bar that is missed, and no reason to throw the others away.
    say(`${row.name}: ${error.stack}`);
    return [{ work: `${row.name}: failed`, ours: error.message.split('\n')[0], met: false, row: row.name, load }];
  }
}

function say(text) {
  console.error(`› ${text}`);
}
