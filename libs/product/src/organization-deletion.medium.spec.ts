import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HasRole } from '#libs/auth';
import { sleep } from '#libs/common';
import { Graph } from '#libs/graph';
import { type RunningProduct, runningProduct } from '../test/running-product.js';

let product: RunningProduct;
beforeAll(async () => {
  product = await runningProduct();
});
afterAll(() => product?.close());

async function organization(slug: string): Promise<string> {
  const { status } = await product.call('POST', '/api/organizations', { slug, name: slug });
  expect(status).toBe(201);
  await product.call('POST', `/api/organizations/${slug}/teams`, { slug: 'a', name: 'A' });
  return `/api/organizations/${slug}`;
}

/** Who holds the role `admin` in the organization, as an address of the API. */
function roleIn(userId: string, slug: string): string {
  return `/api/users/${userId}/roles/admin?organization=${slug}`;
}

describe('DELETE /organizations/{org}?cascade=true', () => {
  it('is an administrator’s, answers how far it is, and takes all with it, role assignments too', async () => {
    const address = await organization('acme');
    const ada = await product.user('ada@example.org');
    expect((await product.call('PUT', roleIn(ada.id, 'acme'))).status).toBe(204);
    expect((await ada.call('GET', `${address}/teams`)).status).toBe(200);
    expect(await ada.call('DELETE', `${address}?cascade=true`)).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect((await product.call('DELETE', `${address}?cascade=perhaps`)).status).toBe(400);
    expect((await product.call('DELETE', address)).body).toMatchObject({ code: 'in_use' });

    const accepted = await product.call('DELETE', `${address}?cascade=true`);
    expect(accepted).toMatchObject({ status: 202, body: { slug: 'acme', state: 'pending', done: 0, total: 2 } });
    const progress = accepted.headers.get('location') ?? '';
    expect(progress).toBe(`/api/organization-deletions/${accepted.body.id}`);
    for (const call of [product.call, ada.call]) {
      for (const path of [address, `${address}/teams`, `${address}/projects`]) {
        expect((await call('GET', path)).status).toBe(404);
      }
    }
    expect((await ada.call('GET', progress)).status).toBe(403);
    let last = await product.call('GET', progress);
    for (let tries = 0; last.body.state !== 'done' && tries < 200; tries += 1) {
      await sleep(50);
      last = await product.call('GET', progress);
    }
    expect(last).toMatchObject({ status: 200, body: { state: 'done', done: 2, total: 2 } });
    expect(await product.api.app.get(Graph).read.countEdges(HasRole, { from: [ada.id] })).toBe(0);
    expect((await product.call('POST', '/api/organizations', { slug: 'acme', name: 'New' })).status).toBe(201);
    expect((await ada.call('GET', address)).status).toBe(404);
  });
});

describe('DELETE /organizations/{org}', () => {
  it('takes away the roles that were given in it', async () => {
    const address = await organization('small');
    const bob = await product.user('bob@example.org');
    expect((await product.call('PUT', roleIn(bob.id, 'small'))).status).toBe(204);
    await product.call('DELETE', `${address}/teams/a`);
    expect((await product.call('DELETE', address)).status).toBe(204);
    expect(await product.api.app.get(Graph).read.countEdges(HasRole, { from: [bob.id] })).toBe(0);
  });
});
