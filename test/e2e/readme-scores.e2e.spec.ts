import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { getProjectScore, listProjects } from '#sdk';
import { newOrganization, product } from '#test/product';
import { imbi } from './cli-process.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'imbi-readme-'));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}

/** A landscape of two teams, with ages in days that stay the same whenever it is read. */
function landscape(): string {
  const item = (name: string, fields: string[], extra: string[] = []) =>
    [
      `          - item:`,
      `            name: ${name}`,
      `            homepage_url: https://${name.toLowerCase()}.example.org`,
      ...fields.map((field) => `            ${field}`),
      ...(extra.length > 0 ? ['            extra:', ...extra.map((field) => `              ${field}`)] : []),
    ].join('\n');
  const category = (name: string, items: string[]) =>
    [
      `  - category:`,
      `    name: ${name}`,
      `    subcategories:`,
      `      - subcategory:`,
      `        name: Things of ${name}`,
      `        items:`,
      ...items,
    ].join('\n');
  const repository = 'repo_url: https://git.example.org/a';
  const reviewed = (days: number) => `annual_review_date: '${daysAgo(days)}'`;
  return [
    'landscape:',
    category('Runtime', [
      item('Anvil', ['project: graduated', repository], [reviewed(100)]),
      item('Drop', ['project: sandbox', repository], [reviewed(800)]),
    ]),
    category('Provisioning', [item('Bellows', []), item('Crucible', ['project: incubating'], [reviewed(3000)])]),
    '',
  ].join('\n');
}

/** The script of the README's tour that sets policies, made to run here. */
function scriptFor(org: string): string {
  const blocks = readFileSync(path.join(ROOT, 'README.md'), 'utf8').split('```js\n').slice(1);
  const [code = ''] = blocks.map((block) => block.split('```')[0] ?? '').filter((one) => one.includes('ScoringPolicy'));
  const { url, admin } = product();
  const replacements = [
    ['./dist/', `${ROOT}/dist/`],
    ['http://127.0.0.1:8300', url],
    ['admin@imbi.local', admin.email],
    ["'cncf'", `'${org}'`],
  ] as const;
  for (const [text] of replacements) expect(code).toContain(text);
  return replacements.reduce((changed, [from, to]) => changed.replaceAll(from, to), code);
}

it('scores an imported landscape as the README says, with the README’s own script', async () => {
  const org = await newOrganization('tour');
  const file = path.join(directory, 'landscape.yml');
  writeFileSync(file, landscape());
  const imported = await imbi(['import', 'landscape', file, '--organization', org], {
    env: { IMBI_DATA_DIR: product().directory },
  });
  expect(imported.code).toBe(0);
  const script = path.join(directory, 'scores.mjs');
  writeFileSync(script, scriptFor(org));
  const { stdout } = await promisify(execFile)(process.execPath, [script, product().admin.password]);
  const rows = stdout.split('\n').filter((line) => line !== '');
  expect(rows.map((line) => line.trim().split(/\s+/))).toEqual([
    ['Runtime', '2', '80.0', '60', '100'],
    ['Provisioning', '2', '19.5', '0', '39'],
  ]);

  const { client } = product();
  const { data } = await listProjects({ client, path: { org }, query: { 'filter[slug]': { eq: 'drop' } } });
  const id = data?.items[0]?.id ?? '';
  const score = await getProjectScore({ client, path: { org, id }, throwOnError: true });
  expect(score.data.policies.map(({ slug, matched, score: worth }) => [slug, matched, worth])).toEqual([
    ['maturity', 'sandbox', 40],
    ['repository', 'true', 100],
    ['reviewed', '730..1460', 50],
  ]);
});
