import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  countProjects,
  findProjectBySlug,
  getOrganization,
  getProjectImpact,
  items,
  listProjects,
  type Project,
  updateProject,
} from '#sdk';
import { newOrganization, product } from '#test/product';
import { type Ended, imbi } from './cli-process.js';

const FIXTURES = path.join(import.meta.dirname, 'fixtures');
const LANDSCAPE = path.join(FIXTURES, 'landscape.yml');
const REAL_LANDSCAPE = path.resolve(import.meta.dirname, '../../../shared/data/landscape.yml');

function run(...args: string[]): Promise<Ended> {
  return imbi(['import', ...args], { env: { IMBI_DATA_DIR: product().directory } });
}

async function projectsOf(org: string): Promise<Project[]> {
  const page = (cursor: string | undefined) =>
    listProjects({ client: product().client, path: { org }, query: { cursor, limit: 200 }, throwOnError: true });
  const found: Project[] = [];
  for await (const one of items(page)) found.push(one);
  return found;
}

async function project(org: string, slug: string): Promise<Project | undefined> {
  return (await projectsOf(org)).find((one) => one.slug === slug);
}

/** The numbers of one row of the report: created, updated, unchanged, failed. */
function row(report: string, kind: string): number[] {
  const line = report.split('\n').find((one) => one.startsWith(kind)) ?? '';
  return line
    .slice(kind.length)
    .trim()
    .split(/\s+/)
    .map((cell) => Number(cell.replaceAll(',', '')));
}

describe('imbi import landscape', () => {
  it('loads the good items, lists the bad ones by line, and finds nothing to do the second time', async () => {
    const org = await newOrganization('landscape');
    const first = await run('landscape', LANDSCAPE, '--organization', org);
    expect(first.code).toBe(0);
    expect(row(first.stdout, 'teams')).toEqual([2, 0, 0, 0]);
    expect(row(first.stdout, 'project types')).toEqual([4, 0, 0, 0]);
    expect(row(first.stdout, 'projects')).toEqual([4, 0, 0, 0]);
    expect(first.stdout).toContain(`${LANDSCAPE}:20: repo_url of Bellows is not an address; it is left out`);
    expect(first.stdout).toContain(`${LANDSCAPE}:30: an item without a name`);
    expect(first.stdout).toContain('The file has 5 items; 1 of them stand in a second place');
    expect(await project(org, 'anvil')).toMatchObject({
      name: 'Anvil',
      description: 'Shapes machines from text.',
      team: { slug: 'provisioning' },
      project_types: [{ slug: 'automation-and-configuration' }, { slug: 'scheduling' }],
      links: { homepage: 'https://anvil.example.org', blog: 'https://blog.anvil.example.org' },
      identifiers: { lfx_slug: 'anvil' },
      attributes: { maturity: 'graduated', accepted: '2021-09-14' },
    });

    const counted = await countProjects({
      client: product().client,
      path: { org },
      query: { fields: 'attributes.maturity' },
      throwOnError: true,
    });
    expect(counted.data.facets[0]?.values).toContainEqual({ value: 'graduated', name: null, count: 1 });
    const types = await imbi(['types', '--organization', org], { env: { IMBI_DATA_DIR: product().directory } });
    expect(types.stdout).toContain('maturity?: "sandbox" | "incubating" | "graduated" | "archived";');

    const second = await run('landscape', LANDSCAPE, '--organization', org);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain(
      'Nothing to do: 2 teams, 4 project types, 3 link definitions, 1 blueprints, 4 projects',
    );
    const versions = (await projectsOf(org)).map(({ version }) => version);
    expect(versions).toEqual([1, 1, 1, 1]);
  });

  it('keeps what people added and brings back what the file says', async () => {
    const org = await newOrganization('landscape');
    await run('landscape', LANDSCAPE, '--organization', org);
    const { id = '' } = (await project(org, 'bellows')) ?? {};
    await updateProject({
      client: product().client,
      path: { org, id },
      body: {
        name: 'Renamed',
        icon: 'https://bellows.example.org/icon.svg',
        links: { blog: 'https://blog.example.org', homepage: 'https://changed.example.org' },
        identifiers: { pager: 'P1' },
      },
      throwOnError: true,
    });
    const again = await run('landscape', LANDSCAPE, '--organization', org);
    expect(row(again.stdout, 'projects')).toEqual([0, 1, 3, 0]);
    expect(await project(org, 'bellows')).toMatchObject({
      name: 'Bellows',
      icon: 'https://bellows.example.org/icon.svg',
      links: { blog: 'https://blog.example.org', homepage: 'https://bellows.example.org' },
      identifiers: { pager: 'P1' },
    });
  });

  it('only reports with --dry-run', async () => {
    const org = `dry-${Date.now()}`;
    const { code, stdout } = await run('landscape', LANDSCAPE, '--organization', org, '--dry-run');
    expect(code).toBe(0);
    expect(row(stdout, 'projects')).toEqual([4, 0, 0, 0]);
    expect(stdout).toContain('Nothing was written (dry run).');
    const { response } = await getOrganization({ client: product().client, path: { org } });
    expect(response?.status).toBe(404);
  });

  it('makes the organization where it is missing, with the name it is given', async () => {
    const org = `made-${Date.now()}`;
    const { code, stdout } = await run('landscape', LANDSCAPE, '--organization', org, '--name', 'Made by import');
    expect(code).toBe(0);
    expect(row(stdout, 'organization')).toEqual([1, 0, 0, 0]);
    const { data } = await getOrganization({ client: product().client, path: { org }, throwOnError: true });
    expect(data.name).toBe('Made by import');
  });

  it.each([
    ['a file that is not there', ['/nowhere.yml', '--organization', 'x'], '/nowhere.yml cannot be read'],
    ['a file that is no landscape', [path.join(FIXTURES, 'backstage/org.yaml')], 'There is nothing to import.'],
    ['a slug that is none', [LANDSCAPE, '--organization', 'Not A Slug'], '"Not A Slug" is no slug'],
  ])('refuses %s in plain words', async (_what, args, message) => {
    const { code, stderr } = await run('landscape', ...args);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  (existsSync(REAL_LANDSCAPE) ? it : it.skip)(
    'loads the real landscape in seconds',
    async () => {
      const org = await newOrganization('cncf');
      const first = await run('landscape', REAL_LANDSCAPE, '--organization', org);
      expect(first.code).toBe(0);
      expect(row(first.stdout, 'projects')[0]).toBeGreaterThan(2400);
      expect(row(first.stdout, 'projects').slice(1)).toEqual([0, 0, 0]);
      expect(Number(/([\d.]+) s\.$/m.exec(first.stdout)?.[1])).toBeLessThan(60);
      const second = await run('landscape', REAL_LANDSCAPE, '--organization', org);
      expect(second.stdout).toContain('Nothing to do');
    },
    120_000,
  );
});

describe('imbi import backstage', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'imbi-backstage-'));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('searches a folder, keeps relations, and finds nothing to do the second time', async () => {
    const org = await newOrganization('backstage');
    const tree = path.join(FIXTURES, 'backstage');
    const first = await run('backstage', tree, '--organization', org);
    expect(first.code).toBe(0);
    expect(row(first.stdout, 'teams')).toEqual([2, 0, 0, 0]);
    expect(row(first.stdout, 'projects')).toEqual([6, 0, 0, 0]);
    expect(row(first.stdout, 'dependencies')).toEqual([4, 0, 0, 0]);
    expect(first.stdout).toContain('1 of kind user left out');
    expect(await project(org, 'checkout')).toMatchObject({
      team: { slug: 'shop', name: 'Web shop team' },
      project_types: [{ slug: 'component-service' }],
      tags: [{ slug: 'go' }, { slug: 'payments' }],
      identifiers: { 'github.com/project-slug': 'acme/checkout' },
      attributes: expect.objectContaining({ lifecycle: 'production' }),
    });
    const { id = '' } = (await project(org, 'orders-db')) ?? {};
    const { data } = await getProjectImpact({ client: product().client, path: { org, id }, throwOnError: true });
    expect(data.projects.map(({ slug, depth }) => [slug, depth])).toEqual([
      ['checkout', 1],
      ['orders', 2],
      ['storefront', 3],
    ]);

    const second = await run('backstage', tree, '--organization', org);
    expect(second.stdout).toMatch(/Nothing to do: .*6 projects, 4 dependencies are there already/);
  });

  it('lists each bad document by file, line and reason, and takes the good ones', async () => {
    const org = await newOrganization('backstage');
    const file = path.join(FIXTURES, 'backstage-faulty/catalog-info.yaml');
    const { code, stdout } = await run('backstage', file, '--organization', org);
    expect(code).toBe(0);
    expect(stdout).toContain(`${file}:10: no Backstage entity`);
    expect(stdout).toContain(`${file}:15: the Component has no metadata.name`);
    expect(stdout).toMatch(new RegExp(`${file}:2\\d: `));
    expect(stdout).toContain(`${file}:1: dependsOn names component:nowhere, which is not in these files`);
    expect((await projectsOf(org)).map(({ slug }) => slug).sort()).toEqual(['also-good', 'good']);
  });

  it('ends with 1 and says why where the server refuses something, and takes the rest', async () => {
    const org = await newOrganization('backstage');
    const tags = Array.from({ length: 101 }, (_, index) => `t${index}`).join(', ');
    const document = (name: string, more: string) =>
      `apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: ${name}, tags: [${more}]}\nspec: {owner: core}\n`;
    const file = path.join(folder, 'catalog-info.yaml');
    writeFileSync(file, `${document('fine', 'go')}---\n${document('laden', tags)}`);
    const { code, stdout } = await run('backstage', folder, '--organization', org);
    expect(code).toBe(1);
    expect(row(stdout, 'projects')).toEqual([1, 0, 0, 1]);
    expect(stdout).toMatch(new RegExp(`${file}:6: projects/laden: .*/tags`));
    const { response } = await findProjectBySlug({ client: product().client, path: { org, slug: 'fine' } });
    expect(response?.status).toBe(200);
  });
});
