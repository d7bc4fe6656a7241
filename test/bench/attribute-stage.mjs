import { Organization } from '#libs/catalog';
import { newId } from '#libs/common';
import { Database, serverConnection } from '#libs/database';
import { Graph } from '#libs/graph';
import { productModel } from '#libs/product';
import { copyDatabase, urlOf, withClient } from './native.mjs';
import { ORGANIZATION, seededDatabase } from './seed.mjs';

const MATURITIES = ['sandbox', 'incubating', 'graduated', 'archived'];
const OTHERS = 25;

/** The seeded catalogue, a copy of it with thirty attributes on each project. */
export async function databaseWithAttributes({ serverUrl, redisUrl, projects, fresh }) {
  const { name } = await seededDatabase({ serverUrl, redisUrl, projects, fresh });
  const copy = `imbi_bench_attributes_${projects}`;
  await copyDatabase(serverUrl, name, copy);
  const url = urlOf(serverUrl, copy);
  await declare(url);
  await withClient(url, async (client) => {
    await client.query(
      `update imbi."Project" p set properties = p.properties operator(ag_catalog.||) given.attributes
      from (select id, row_number() over (order by id) as n from imbi."Project") numbered
      cross join lateral (select (jsonb_build_object('attributes', jsonb_build_object(
        'maturity', ($1::text[])[1 + (n * 7919) % 4], 'accepted', to_char(date '2010-01-01' + ((n * 31) % 5000)::int, 'YYYY-MM-DD'),
        'cost', (n * 104729) % 10000, 'tier', 1 + n % 5, 'languages', jsonb_build_array('go', 'lang-' || n % 40)
      ) || others.members))::text::ag_catalog.agtype as attributes
        from (select jsonb_object_agg('attribute_' || k, case k % 3
          when 0 then to_jsonb('value ' || (n * k) % 500) when 1 then to_jsonb((n * k) % 1000) else to_jsonb(n % (k + 1) = 0)
        end) as members from generate_series(1, ${OTHERS}) k) others) given
      where numbered.id operator(ag_catalog.=) p.id`,
      [MATURITIES],
    );
    await client.query('vacuum (analyze) imbi."Project"');
  });
  return url;
}

async function declare(url) {
  const database = new Database(serverConnection({ url, poolMax: 1, statementTimeoutSeconds: 300 }));
  try {
    const model = productModel();
    const Blueprint = model.vertices.find(({ label }) => label === 'Blueprint');
    await new Graph(database, model).transaction(async (tx) => {
      const { id } = await tx.find(Organization, { slug: ORGANIZATION });
      await tx.insert(Blueprint, {
        organization_id: id,
        slug: 'bench',
        name: 'Bench',
        kind: 'node',
        type: 'Project',
        enabled: true,
        priority: 100,
        filter: { project_type: [], environment: [] },
        json_schema: { type: 'object', properties: properties() },
        key: newId(),
      });
    });
  } finally {
    await database.end();
  }
}

function properties() {
  const types = ['string', 'integer', 'boolean'];
  const others = Array.from({ length: OTHERS }, (_, index) => [
    `attribute_${index + 1}`,
    { type: types[(index + 1) % 3] },
  ]);
  return {
    maturity: { type: 'string', enum: MATURITIES },
    accepted: { type: 'string', format: 'date' },
    cost: { type: 'integer' },
    tier: { type: 'integer' },
    languages: { type: 'array', items: { type: 'string' } },
    ...Object.fromEntries(others),
  };
}
