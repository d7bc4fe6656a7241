import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { type JsonObject, newId } from '#libs/common';
import { compileFilter, keyset, tableOf, verifyGraphSchema } from '#libs/graph';
import type { PageQueryDto } from '#libs/http';
import { type CatalogWorld, catalogWorld, statementsOf, walk } from '../../test/catalog-world.js';
import { BlueprintSchemas } from '../blueprint/blueprint-schemas.js';
import { Blueprint } from '../model/blueprint.vertex.js';
import { Project } from '../model/project.vertex.js';
import { ProjectQueryDto } from '../project/project.dto.js';
import { ProjectFacetsQueryDto } from '../project/project-facets.dto.js';
import { ProjectFacetsService } from '../project/project-facets.service.js';
import { ProjectsService } from '../project/projects.service.js';
import { AttributeIndexesHandler } from './attribute-indexes.handler.js';
import { AttributeUse } from './attribute-use.js';
import { WORTH_AN_INDEX } from './index-choice.js';

let world: CatalogWorld;
let handler: AttributeIndexesHandler;
beforeAll(async () => {
  world = await catalogWorld();
  handler = new AttributeIndexesHandler(world.db, world.graph, new BlueprintSchemas(world.graph));
});
afterAll(() => world?.close());

const ODD = `it's "odd" \\ ü`;

async function declare(properties: JsonObject, more: { priority?: number } = {}): Promise<string> {
  const vertex = await world.graph.transaction((tx) =>
    tx.insert(Blueprint, {
      slug: 'facts',
      name: 'Facts',
      kind: 'node',
      type: 'Project',
      enabled: true,
      priority: 100,
      filter: { project_type: [], environment: [] },
      json_schema: { type: 'object', properties },
      key: newId(),
      ...more,
    }),
  );
  return vertex.id;
}

async function indexed(): Promise<string[]> {
  const { rows } = await world.db.pool.query(
    `select obj_description(('imbi."' || indexname || '"')::regclass) as member from pg_indexes
     where schemaname = 'imbi' and indexname like 'imbi\\_at\\_%'`,
  );
  return rows.map(({ member }) => member).sort();
}

async function planOf(attribute: string): Promise<string> {
  return world.db.transaction(async (tx) => {
    await sql`set local enable_seqscan = off`.execute(tx.kysely);
    await sql`set local enable_sort = off`.execute(tx.kysely);
    const organization_id = newId();
    const at = [{ path: ['attributes', attribute] as const, eq: 'x' }];
    const order = keyset(Project, [[['attributes', attribute], 'desc']], 'p', { pinned: ['organization_id'] });
    const where = compileFilter(Project, { organization_id, at }, 'p');
    const page = order.page({ from: sql`${tableOf(Project)} p`, columns: sql`p.id`, where, limit: 10 });
    const { rows } = await sql<{ 'QUERY PLAN': string }>`explain ${page}`.execute(tx.kysely);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  });
}

describe('the indexes over attributes', () => {
  it('come for what a blueprint asks one for, serve filters and orders, and go with the blueprint', async () => {
    const id = await declare({
      maturity: { type: 'string', 'x-index': true },
      [ODD]: { type: 'string', 'x-index': true },
      plain: { type: 'string' },
      times: { type: 'string', format: 'date-time', 'x-index': true },
      listed: { type: 'array', items: { type: 'string' }, 'x-index': true },
    });
    await handler.reconcile();
    expect(await indexed()).toEqual([ODD, 'maturity']);
    for (const [attribute, condition] of [
      ['maturity', /Index Cond: .*"maturity"/],
      [ODD, /Index Cond: .*odd/],
    ] as const) {
      const plan = await planOf(attribute);
      expect(plan).toMatch(condition);
      expect(plan).toContain('Index Scan Backward using imbi_at_');
      expect(plan).not.toContain('Sort');
    }
    expect(await planOf('plain')).not.toMatch(/Index Cond: .*"plain"/);
    await handler.reconcile();
    expect(await indexed()).toEqual([ODD, 'maturity']);
    // They are nobody's declaration, and no fault either.
    expect((await verifyGraphSchema(world.db, world.graph.model)).unexpected).toEqual([]);
    await world.graph.transaction((tx) => tx.patch(Blueprint, id, { set: { enabled: false } }));
    await handler.reconcile();
    expect(await indexed()).toEqual([]);
    await world.graph.transaction((tx) => tx.remove(Blueprint, id));
  });

  it('change nothing about the order and the pages of a list', async () => {
    const scope = await world.furnished();
    const blueprint = (index: boolean) => ({ tier: { type: 'integer', 'x-index': index }, note: { type: 'string' } });
    const id = await declare(blueprint(false));
    const tiers = [3, 1, undefined, 2, 1, undefined, 3, 2];
    await world.graph.transaction((tx) =>
      tx.insertMany(
        Project,
        tiers.map((tier, index) => ({
          organization_id: scope.id,
          slug: `p${index}`,
          name: `P${index % 3}`,
          attributes: { ...(tier === undefined ? {} : { tier }), note: `n${index % 2}` },
        })),
      ),
    );
    const sorts = ['attributes.tier', '-attributes.tier', 'attributes.tier,-attributes.note', '-attributes.tier,name'];
    const walked = async () => {
      const lists = [];
      for (const sort of sorts) {
        for (const filter of [undefined, { 'filter[note]': 'n1' }]) {
          const page = (more: PageQueryDto) =>
            world.projects.list(scope, Object.assign(new ProjectQueryDto(), { sort, filter, ...more }));
          lists.push((await walk(page, 3)).map(({ slug }) => slug));
        }
      }
      return lists;
    };
    await handler.reconcile();
    expect(await indexed()).toEqual([]);
    const without = await walked();
    expect(without.map((slugs) => slugs.length)).toEqual([8, 4, 8, 4, 8, 4, 8, 4]);
    await world.graph.transaction((tx) =>
      tx.patch(Blueprint, id, { set: { json_schema: { type: 'object', properties: blueprint(true) } } }),
    );
    await handler.reconcile();
    expect(await indexed()).toEqual(['tier']);
    expect(await walked()).toEqual(without);
    await world.graph.transaction((tx) => tx.remove(Blueprint, id));
    await handler.reconcile();
  });

  it('are twenty at most, those of the first blueprints first', async () => {
    const many = (prefix: string) =>
      Object.fromEntries(
        Array.from({ length: 15 }, (_, index) => [`${prefix}${index}`, { type: 'integer', 'x-index': true }]),
      );
    const ids = [await declare(many('last'), { priority: 9 }), await declare(many('first'), { priority: 1 })];
    await handler.reconcile();
    const names = await indexed();
    expect(names).toHaveLength(20);
    expect(names.filter((name) => name.startsWith('first'))).toHaveLength(15);
    for (const id of ids) await world.graph.transaction((tx) => tx.remove(Blueprint, id));
    await handler.reconcile();
    expect(await indexed()).toEqual([]);
  });

  it('that were left half made are made again', async () => {
    const id = await declare({ maturity: { type: 'string', 'x-index': true } });
    await handler.reconcile();
    await world.db.pool.query(
      `update pg_index set indisvalid = false where indexrelid in
        (select c.oid from pg_class c where c.relname like 'imbi\\_at\\_%')`,
    );
    await handler.reconcile();
    const { rows } = await world.db.pool.query(
      `select indisvalid from pg_index i join pg_class c on c.oid = i.indexrelid where c.relname like 'imbi\\_at\\_%'`,
    );
    expect(rows).toEqual([{ indisvalid: true }]);
    await world.graph.transaction((tx) => tx.remove(Blueprint, id));
    await handler.reconcile();
  });

  it('come for what projects are looked for all day, and go when nobody does', async () => {
    const scope = await world.furnished();
    const properties = { tier: { type: 'integer' }, note: { type: 'string' }, days: { type: 'string' } };
    const id = await declare(properties);
    const slugs = Array.from({ length: WORTH_AN_INDEX }, (_, index) => `p${index}`);
    await world.graph.transaction((tx) =>
      tx.insertMany(
        Project,
        slugs.map((slug) => ({ organization_id: scope.id, slug, name: slug })),
      ),
    );
    const use = new AttributeUse(world.graph);
    const { graph, pages, schemas } = world;
    const projects = new ProjectsService(graph, pages, schemas, undefined, use);
    const facets = new ProjectFacetsService(graph, schemas, use);
    const asked = (filter: Record<string, string>, sort?: string) =>
      projects.list(scope, Object.assign(new ProjectQueryDto(), { filter, sort, limit: 1 }));
    const statements = await statementsOf(() => asked({ 'filter[tier]': '1' }));
    expect(statements.filter((text) => text.includes('attribute_uses'))).toEqual([]);
    await asked({ 'filter[note][contains]': 'x' }, '-attributes.days');
    await facets.count(scope, Object.assign(new ProjectFacetsQueryDto(), { filter: { 'filter[tier][gte]': '2' } }));
    await use.onModuleDestroy();
    const counted = 'select name, uses from imbi_system.attribute_uses order by name';
    const { rows } = await world.db.pool.query(counted);
    expect(rows).toEqual([
      { name: 'days', uses: 1 },
      { name: 'tier', uses: 2 },
    ]);
    await handler.reconcile();
    expect(await indexed()).toEqual([]);
    use.note(['tier']);
    await use.flush();
    await world.db.pool.query(`update imbi_system.attribute_uses set uses = 200 where name = 'tier'`);
    await handler.reconcile();
    expect(await indexed()).toEqual(['tier']);
    await world.db.pool.query('update imbi_system.attribute_uses set day = day - 10');
    await handler.reconcile();
    expect(await indexed()).toEqual(['tier']);
    await world.db.pool.query('update imbi_system.attribute_uses set day = day - 10');
    await handler.reconcile();
    expect(await indexed()).toEqual([]);
    expect((await world.db.pool.query(counted)).rows).toEqual([]);
    await world.graph.transaction((tx) => tx.remove(Blueprint, id));
  });
});
