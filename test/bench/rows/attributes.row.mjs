import { ApiClient, PROJECTS } from '../api-client.mjs';
import { databaseWithAttributes } from '../attribute-stage.mjs';
import { callsInTurn } from '../load.mjs';
import { startApi } from '../processes.mjs';
import { ms } from '../report.mjs';
import { CALLER } from '../seed.mjs';
import { inspectReads } from '../statements.mjs';

const COUNT = 25_000;
const LIST_BAR_MS = 100;
const READ_BAR_MS = 20;
const WORDS = 'amber basin cedar delta ember fjord grove harbor island juniper kettle lagoon meadow nectar'.split(' ');
const each = (length, make) => Array.from({ length }, (_, index) => make(index));

/** What is measured: how it is called, what its plan is kept as, and the addresses that are asked in turn. */
const READS = [
  [
    'filtered by an enum',
    'attributes-enum',
    ['sandbox', 'graduated'].map((value) => list(`filter[maturity]=${value}`)),
  ],
  ['filtered by a number', 'attributes-number', each(20, (n) => list(`filter[cost]=${n * 37}`))],
  [
    'filtered by a range of days',
    'attributes-days',
    each(10, (n) => list(`filter[accepted][gte]=20${12 + n}-01-01&filter[accepted][lt]=20${12 + n}-03-01`)),
  ],
  ['filtered by an item of a list', 'attributes-item', each(20, (n) => list(`filter[languages][contains]=lang-${n}`))],
  [
    'filtered by three attributes',
    'attributes-three',
    each(5, (n) => list(`filter[maturity]=graduated&filter[tier]=${n + 1}&filter[attribute_4][lt]=500`)),
  ],
  ['sorted by a day', 'attributes-sorted', [list('sort=-attributes.accepted'), list('sort=attributes.accepted')]],
  ['found by two words', 'search-two', each(14, (n) => list(`q=${WORDS[n]}%20${WORDS[(n + 5) % 14]}`))],
  ['found by a number in the name', 'search-number', each(20, (n) => list(`q=${1000 + n * 997}`))],
  ['found by a word that a third of them have', 'search-broad', WORDS.map((word) => list(`q=${word}`))],
  ['found by a word of few', 'search-rare', [list('q=service')]],
  ['found by a letter that all have', 'search-letter', [list('q=a')]],
  ['counted by an attribute', 'facets-one', [facets('attributes.maturity'), facets('attributes.tier')]],
  [
    'counted by team, type and two attributes',
    'facets-four',
    [facets('team,project_type,attributes.maturity,attributes.tier')],
  ],
  [
    'counted by two fields, of those that match a filter',
    'facets-filtered',
    each(5, (n) => facets(`team,attributes.maturity&filter[tier]=${n + 1}`)),
  ],
];

function list(query) {
  return `${PROJECTS}?limit=50&${query}`;
}

function facets(query) {
  return `${PROJECTS}/facets?fields=${query}`;
}

export const row = {
  order: 95,
  title: `lists, searches and facets over ${COUNT.toLocaleString('en')} projects with 30 attributes each, one caller`,
  needs: 'native',
  async measure({ native, timing, keepPlans }) {
    const databaseUrl = await databaseWithAttributes({ ...native, projects: COUNT });
    const api = await startApi({ databaseUrl, redisUrl: native.redisUrl });
    try {
      const client = await ApiClient.signIn(api.url, CALLER);
      const { items } = await client.get(list('sort=name'));
      const one = items.map(({ id }) => `${PROJECTS}/${id}`);
      const [single, ...results] = await callsInTurn(client, [one, ...READS.map(([, , paths]) => paths)], timing.calls);
      await api.stop();
      const reads = [
        ['GET project', 'attributes-project', one[0]],
        ...READS.map(([title, name, [path]]) => [title, name, path]),
      ];
      const works = await inspectReads({ databaseUrl, redisUrl: native.redisUrl }, reads, keepPlans);
      return [single, ...results].map((times, index) =>
        line(works[index], times, index === 0 ? READ_BAR_MS : LIST_BAR_MS),
      );
    } finally {
      await api.stop();
    }
  },
};

// What the database works on it, beside what a caller waits: the one depends on who else is at the machine, the other hardly.
function line({ title, cpu }, { p50, p95 }, bar) {
  return {
    work: `30 attributes: ${title}`,
    projects: COUNT,
    ours: `p50 ${ms(p50)}, p95 ${ms(p95)}; database ${ms(cpu)} of CPU`,
    ratio: p95 / bar,
    bar: `p95 ≤ ${ms(bar)}`,
    met: p95 <= bar,
  };
}
