import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { embeddedAnalytics } from '#libs/analytics';
import { sleep } from '#libs/common';
import { type TestAnalytics, testAnalytics } from '#test/analytics';
import { type RunningProduct, runningProduct } from '../test/running-product.js';

let product: RunningProduct | undefined;
let analytics: TestAnalytics;

beforeAll(async () => {
  analytics = await testAnalytics();
  const { directory } = analytics;
  // Where analytics have no build for this machine, there is no audit log to read.
  if (directory === undefined || !analytics.analytics.available) return;
  product = await runningProduct({}, embeddedAnalytics({ directory, database: analytics.analytics.database }));
});

afterAll(async () => {
  await product?.close();
  await analytics?.close();
});

/** What the audit log comes to say. */
async function audited({ call }: RunningProduct, query: string): Promise<unknown[]> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { items } = (await call('GET', `/api/audit?${query}`)).body;
    if (items.length > 0) return items;
    await sleep(50);
  }
  return [];
}

it.each([
  ['', 204],
  ['?cascade=true', 202],
])('names every role that goes with an organization (DELETE %s)', async (query, status) => {
  if (!product) return;
  const slug = `gone-${status}`;
  const { id } = (await product.call('POST', '/api/organizations', { slug, name: slug })).body;
  const ada = await product.user(`${slug}@example.org`);
  await product.call('PUT', `/api/users/${ada.id}/roles/admin?organization=${slug}`);
  expect((await product.call('DELETE', `/api/organizations/${slug}${query}`)).status).toBe(status);
  const found = await audited(product, `filter[action]=organization.assignment.remove&filter[resource_id]=${ada.id}`);
  expect(found).toMatchObject([
    {
      resource: { kind: 'User', id: ada.id },
      organization_id: id,
      detail: { edge: 'HAS_ROLE', reason: 'organization_deleted' },
    },
  ]);
});

it('tells when an organization comes to need a second factor of its members, and nothing where it did before', async () => {
  if (!product) return;
  await product.call('POST', '/api/organizations', { slug: 'strict', name: 'Strict' });
  const patch = (require_mfa: boolean) => product?.call('PATCH', '/api/organizations/strict', { require_mfa });
  expect([(await patch(false))?.status, (await patch(true))?.status]).toEqual([200, 200]);
  const found = await audited(product, 'filter[action]=organization.require_mfa');
  expect(found).toMatchObject([{ resource: { kind: 'Organization' }, detail: { slug: 'strict', require_mfa: true } }]);
});
