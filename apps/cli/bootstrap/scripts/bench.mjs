// Measures the product against the performance budget (docs/performance.md) and writes test/bench/RESULTS.md:
//   npm run bench                              every row; 1k, 10k and 100k projects, then the embedded stack
//   npm run bench -- --quick                   1k projects and short rounds, to see that it works; writes nothing
//   npm run bench -- --short                   every row in shorter rounds
//   npm run bench -- --projects 1000,10000     other sizes
//   npm run bench -- --rows list,closure       only these rows; writes nothing
//   npm run bench -- --fresh                   builds the databases again instead of using those of the last run
import { parseArgs } from 'node:util';
import { buildIfStale } from '../build.mjs';

const { values } = parseArgs({
  options: {
    projects: { type: 'string' },
    rows: { type: 'string' },
    quick: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
  },
});

// The processes that are measured run from dist, as they do in production.
buildIfStale(process.execPath);

const { runBench } = await import('../../../../test/bench/run.mjs');
const allMet = await runBench({
  sizes: sizesOf(values),
  only: values.rows?.split(','),
  quick: values.quick,
  short: values.short,
  fresh: values.fresh,
  command: ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '),
});
if (!allMet) console.log('Some rows miss their bar; docs/performance.md says why.');

function sizesOf({ projects, quick }) {
  const sizes = (projects ?? (quick ? '1000' : '1000,10000,100000')).split(',').map(Number);
  if (sizes.some((size) => !Number.isInteger(size) || size < 1000 || size > 1_000_000)) {
    throw new Error('--projects takes numbers from 1000 to 1000000, separated by commas.');
  }
  return sizes.sort((left, right) => left - right);
}
