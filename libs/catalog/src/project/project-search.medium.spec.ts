import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { searchOf, tableOf } from '#libs/graph';
import { type CatalogWorld, catalogWorld, failure, query, walk } from '../../test/catalog-world.js';
import { Project } from '../model/project.vertex.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import { ProjectQueryDto } from './project.dto.js';

let world: CatalogWorld;
let scope: OrganizationScope;
beforeAll(async () => {
  world = await catalogWorld();
  scope = await world.furnished();
  const other = await world.furnished();
  await world.project(other, 'payment', { name: 'Theirs' });
  const described = (slug: string, name: string, description: string | null, more = {}) =>
    world.project(scope, slug, { name, description, ...more });
  await described('billing', 'Payment', 'Sends invoices.');
  await described('payment-api', 'Checkout', null, { team: 'b' });
  await described('gateway', 'Payments gateway', null);
  await described('prepay', 'Prepayment', null, { tags: ['a'] });
  await described('ledger', 'Ledger', 'Books each payment twice.', { team: 'b' });
  await described('audit', 'Audit', 'Reads the repayments.');
  await described('oddities', 'Über_100% "C++" (naïve)', 'Tab\there, back\\slash, 数据库 and go-lang.');
  await described('unrelated', 'Unrelated', null);
});
afterAll(() => world.close());

function ask(q: string, more: Partial<ProjectQueryDto> = {}): ProjectQueryDto {
  return Object.assign(new ProjectQueryDto(), { q, ...more });
}

async function found(q: string, more: Partial<ProjectQueryDto> = {}): Promise<string[]> {
  return (await world.projects.list(scope, ask(q, more))).items.map(({ slug }) => slug);
}

describe('a search of projects', () => {
  it('ranks names over words, words over parts of words, and names over descriptions', async () => {
    const ranked = ['billing', 'payment-api', 'gateway', 'prepay', 'ledger', 'audit'];
    expect(await found('payment')).toEqual(ranked);
    for (const limit of [1, 2, 4]) {
      const walked = await walk((page) => world.projects.list(scope, ask('payment', page)), limit);
      expect(walked.map(({ slug }) => slug)).toEqual(ranked);
    }
  });

  it.each([
    ['PAYMENT Checkout', ['payment-api']],
    ['ledger twice', ['ledger']],
    ['ledger invoices', []],
    ['  unrelated\t', ['unrelated']],
    ['nothing-of-the-kind', []],
    ['über_100', ['oddities']],
    ['ÜBER', ['oddities']],
    ['uber', []],
    ['100%', ['oddities']],
    ['0_', []],
    ['c++', ['oddities']],
    ['"C++"', ['oddities']],
    ['(naïve)', ['oddities']],
    ['back\\slash', ['oddities']],
    ['back.slash', []],
    ['数据', ['oddities']],
    ['go', ['oddities']],
    ['la', ['oddities']],
    ['ng', []],
    ['g', ['gateway', 'oddities']],
    ["' or true --", []],
    ['\\m', []],
  ])('for %j finds %j', async (q, expected) => {
    expect((await found(q)).toSorted()).toEqual(expected);
  });

  it('of short words has one order, however long its pages are', async () => {
    const own = await world.furnished();
    const words = ['alpha', 'beta', 'b', 'ab', 'cab', 'be', 'c-b', 'a\nbe'];
    const word = (index: number) => words[index % words.length];
    await world.graph.transaction((tx) =>
      tx.insertMany(
        Project,
        Array.from({ length: 24 }, (_, index) => ({
          organization_id: own.id,
          slug: `b${index}-${index % 3 === 0 ? 'a' : 'x'}`,
          name: `${word(index * 5)} ${word(index * 7 + 3)}`,
          description: `of ${word(index)} ${word(index * 3)}`,
        })),
      ),
    );
    const asked = async (q: string, limit: number) =>
      (await walk((page) => world.projects.list(own, ask(q, page)), limit)).map(({ slug }) => slug);
    for (const q of ['b', 'a', 'be', 'a b', 'c', '-b', 'z']) {
      const all = await asked(q, 200);
      expect(all.length > 0).toBe(q !== '-b' && q !== 'z');
      for (const limit of [1, 3, 7]) expect(await asked(q, limit)).toEqual(all);
    }
  });

  it('goes with filters, orders, counts and pages', async () => {
    expect(await found('payment', { sort: '-slug' })).toEqual([
      'prepay',
      'payment-api',
      'ledger',
      'gateway',
      'billing',
      'audit',
    ]);
    expect(await found('payment', { filter: { 'filter[team]': 'b' } })).toEqual(['payment-api', 'ledger']);
    const counted = await world.projects.list(scope, ask('payment', { limit: 1, count: 'exact' }));
    expect(counted.total).toBe(6);
    const worst = await walk((page) => world.projects.list(scope, ask('payment', { ...page, sort: '-relevance' })), 4);
    expect(worst.map(({ slug }) => slug)).toEqual(['audit', 'ledger', 'prepay', 'gateway', 'payment-api', 'billing']);
  });

  it('sees a change at once', async () => {
    const { id } = await world.project(scope, 'late', { description: 'Quicksilver.' });
    expect(await found('quicksilver')).toEqual(['late']);
    await world.projects.delete(scope, id, {});
    expect(await found('quicksilver')).toEqual([]);
  });

  it('of no words is the list, and has no order by relevance', async () => {
    expect(await found('  ', { limit: 200 })).toEqual(
      (await world.projects.list(scope, query({ limit: 200 }))).items.map(({ slug }) => slug),
    );
    expect(await failure(world.projects.list(scope, query({ sort: 'relevance' })))).toMatchObject({
      code: 'invalid_parameters',
    });
  });

  it('refuses more than ten words, and the cursor of another search', async () => {
    const many = 'a b c d e f g h i j k';
    expect(await failure(world.projects.list(scope, ask(many)))).toMatchObject({
      code: 'invalid_parameters',
      errors: [{ pointer: '/q' }],
    });
    const { next_cursor: cursor } = await world.projects.list(scope, ask('payment', { limit: 1 }));
    expect(await failure(world.projects.list(scope, ask('payments', { cursor: cursor ?? '' })))).toMatchObject({
      code: 'malformed_cursor',
    });
  });

  it.each(['payment', 'go'])('can read the index for %j, because it says the same expression', async (term) => {
    const plan = await world.db.transaction(async (tx) => {
      await sql`set local enable_seqscan = off`.execute(tx.kysely);
      const { matches } = searchOf(Project, 'p', [term]);
      const explained = await sql<{ 'QUERY PLAN': string }>`
        explain select from ${tableOf(Project)} p where ${matches}`.execute(tx.kysely);
      return explained.rows.map((row) => row['QUERY PLAN']).join('\n');
    });
    expect(plan).toContain('Bitmap Index Scan on "Project_search_idx"');
  });
});
