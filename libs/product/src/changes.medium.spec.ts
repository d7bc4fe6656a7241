import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { embeddedAnalytics } from '#libs/analytics';
import { sleep } from '#libs/common';
import { type TestAnalytics, testAnalytics } from '#test/analytics';
import { type Call, type RunningProduct, runningProduct } from '../test/running-product.js';

// Where analytics have no build for this machine, there is no feed.
let product: RunningProduct | undefined;
let analytics: TestAnalytics;
beforeAll(async () => {
  analytics = await testAnalytics();
  const { directory } = analytics;
  if (directory === undefined || !analytics.analytics.available) return;
  product = await runningProduct({}, embeddedAnalytics({ directory, database: analytics.analytics.database }));
});
afterAll(async () => {
  await product?.close();
  await analytics?.close();
});

interface Change {
  organization: string;
  label: string;
  operation: string;
  fields: { pointer: string; after: unknown }[];
}

it('shows each caller the changes that their roles let them read, and of no other organization', async () => {
  if (!product) return;
  for (const slug of ['acme', 'umbrella']) {
    expect((await product.call('POST', '/api/organizations', { slug, name: slug })).status).toBe(201);
    await product.call('POST', `/api/organizations/${slug}/teams`, { slug: 'core', name: `Core of ${slug}` });
  }
  const ada = await product.user('ada@example.org');
  expect((await ada.call('GET', '/api/changes')).body).toMatchObject({ items: [], next_cursor: null });
  await product.call('PUT', `/api/users/${ada.id}/roles/viewer?organization=acme`);

  const read = async (call: Call, path: string): Promise<Change[]> => {
    const { status, body } = await call('GET', path);
    expect(status).toBe(200);
    return body.items;
  };
  const isThere = (changes: readonly Change[], name: string) =>
    changes.some(({ label, fields }) => label === 'Team' && fields.some(({ after }) => after === name));
  const started = Date.now();
  let all: Change[] = [];
  while (!isThere(all, 'Core of umbrella') && Date.now() < started + 30_000) {
    await sleep(100);
    all = await read(product.call, '/api/changes?limit=200');
  }
  expect(new Set(all.map(({ organization }) => organization))).toEqual(new Set(['acme', 'umbrella']));
  // Roles, sessions and users are in the history too, and in nobody's feed.
  expect(all.filter(({ label }) => ['User', 'HAS_ROLE', 'Session'].includes(label))).toEqual([]);

  const own = await read(ada.call, '/api/changes?limit=200');
  expect(isThere(own, 'Core of acme')).toBe(true);
  expect(new Set(own.map(({ organization }) => organization))).toEqual(new Set(['acme']));
  expect(await read(ada.call, '/api/changes?organization=umbrella')).toEqual([]);
  expect((await ada.call('GET', '/api/changes?organization=nowhere')).body.items).toEqual([]);
  expect((await ada.call('GET', '/api/changes?since=yesterday')).status).toBe(400);
  expect((await ada.call('GET', '/api/changes?cursor=abc')).body).toMatchObject({ code: 'malformed_cursor' });

  await product.call('DELETE', `/api/users/${ada.id}/roles/viewer?organization=acme`);
  expect(await read(ada.call, '/api/changes')).toEqual([]);
});
