import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { sha256, type UploadAnswer, type UploadWorld, until, uploadWorld } from './upload-world.js';

let world: UploadWorld;
let acme: string;
let rival: string;
let developer: { id: string; token: string };
let stranger: { id: string; token: string };

beforeAll(async () => {
  world = await uploadWorld({ IMBI_UPLOAD_MAX_SIZE_MIB: '1', IMBI_UPLOAD_QUOTA_MIB: '2' });
  acme = await organization('acme');
  rival = await organization('rival');
  developer = await user('dev@example.org', 'acme', 'developer');
  stranger = await user('stranger@example.org', 'rival', 'admin');
});

afterAll(() => world?.close());

async function organization(slug: string): Promise<string> {
  return (await world.call('POST', '/api/organizations', { body: { slug, name: slug } })).body.id;
}

async function user(email: string, org: string, role: string) {
  const { id } = await world.product.user(email);
  const given = await world.call('PUT', `/api/users/${id}/roles/${role}?organization=${org}`);
  expect(given.status).toBeLessThan(300);
  return { id, token: await world.signIn(email) };
}

const png = (width = 20, height = 10) =>
  sharp({ create: { width, height, channels: 3, background: { r: randomBytes(1)[0] ?? 0, g: 9, b: 99 } } })
    .png()
    .toBuffer();
const text = (content: string, name = 'notes.txt') => ({ name, type: 'text/plain', bytes: content });
const inAcme = '?organization=acme';

async function uploaded(answer: Promise<UploadAnswer>): Promise<string> {
  const { status, body } = await answer;
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body.id;
}

describe('uploads', () => {
  it('are stored, described, listed, served and deleted', async () => {
    const bytes = await png(40, 30);
    const created = await world.upload({ name: 'logo.png', type: 'image/png', bytes }, inAcme, developer.token);
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`/api/uploads/${created.body.id}`);
    expect(created.headers.get('etag')).toBe(`"${created.body.version}"`);
    expect(created.body).toMatchObject({
      organization_id: acme,
      filename: 'logo.png',
      content_type: 'image/png',
      size: bytes.length,
      sha256: sha256(bytes),
      width: 40,
      height: 30,
      uploaded_by: developer.id,
    });
    const { id } = created.body;
    const meta = await world.call('GET', `/api/uploads/${id}/meta`, { token: developer.token });
    expect(meta.body).toMatchObject({ id, sha256: created.body.sha256 });
    const { body: page } = await world.call('GET', `/api/uploads?organization=acme&filter[filename]=logo.png`);
    expect(page.items.map((item: { id: string }) => item.id)).toEqual([id]);

    const redirect = await world.call('GET', `/api/uploads/${id}`, { token: developer.token });
    expect(redirect.status).toBe(307);
    expect(redirect.headers.get('cache-control')).toBe('private, no-store');
    const served = await world.follow(redirect);
    expect(served.headers.get('content-type')).toBe('image/png');
    expect(served.headers.get('content-disposition')).toBe('inline; filename="logo.png"');
    expect(served.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await sharp(Buffer.from(await served.arrayBuffer())).metadata()).width).toBe(40);
    const part = await world.follow(redirect, { range: 'bytes=0-7' });
    expect(part.status).toBe(206);
    expect(await part.text()).toContain('PNG');
    const saved = await world.follow(await world.call('GET', `/api/uploads/${id}?download=true`));
    expect(saved.headers.get('content-disposition')).toBe('attachment; filename="logo.png"');

    await until(async () => (await world.call('GET', `/api/uploads/${id}/thumbnail`)).status === 307);
    expect(await world.keys()).toEqual(expect.arrayContaining([`uploads/${id}`, `thumbnails/${id}`]));
    expect((await world.call('DELETE', `/api/uploads/${id}`, { token: developer.token })).status).toBe(204);
    expect((await world.call('GET', `/api/uploads/${id}/meta`)).status).toBe(404);
    await until(async () => !(await world.keys()).some((key) => key.endsWith(id)));
  });

  it('are not found by those who may see no uploads of their organization', async () => {
    const id = await uploaded(world.upload(text('of acme'), inAcme, developer.token));
    for (const [method, target] of [
      ['GET', ''],
      ['GET', '/meta'],
      ['GET', '/thumbnail'],
      ['DELETE', ''],
    ] as const) {
      const foreign = await world.call(method, `/api/uploads/${id}${target}`, { token: stranger.token });
      const unknown = await world.call(method, `/api/uploads/V1StGXR8_Z5jdHi6B-myT${target}`, {
        token: stranger.token,
      });
      expect([foreign.status, unknown.status]).toEqual([404, 404]);
      expect(foreign.body.detail).toBe(unknown.body.detail.replace('V1StGXR8_Z5jdHi6B-myT', id));
    }
    const list = await world.call('GET', '/api/uploads?organization=acme', { token: stranger.token });
    expect(list.status).toBe(404);
    expect((await world.upload(text('x'), inAcme, stranger.token)).status).toBe(404);
  });

  it('need their permissions', async () => {
    const viewer = await user('viewer@example.org', 'acme', 'viewer');
    const id = await uploaded(world.upload(text('to be read'), inAcme, developer.token));
    expect((await world.call('GET', `/api/uploads/${id}/meta`, { token: viewer.token })).status).toBe(200);
    expect((await world.upload(text('x'), inAcme, viewer.token)).status).toBe(403);
    expect((await world.call('DELETE', `/api/uploads/${id}`, { token: viewer.token })).status).toBe(403);
    expect((await world.upload(text('x'), '', developer.token)).status).toBe(403);
  });

  it('of no organization are for everybody who signs in, and listed by who may see all', async () => {
    const id = await uploaded(world.upload(text('for all')));
    const meta = await world.call('GET', `/api/uploads/${id}/meta`, { token: stranger.token });
    expect(meta.body.organization_id).toBeNull();
    expect((await world.call('DELETE', `/api/uploads/${id}`, { token: stranger.token })).status).toBe(403);
    expect((await world.call('GET', '/api/uploads', { token: stranger.token })).status).toBe(403);
    const { body } = await world.call('GET', '/api/uploads');
    expect(body.items.map((item: { id: string }) => item.id)).toContain(id);
    expect((await world.call('DELETE', `/api/uploads/${id}`)).status).toBe(204);
  });

  it('that are too large are refused while they are sent, and leave nothing', async () => {
    const { token } = await user('large@example.org', 'acme', 'developer');
    const atLimit = await world.upload(text('a'.repeat(1024 * 1024), 'limit.txt'), inAcme, token);
    expect(atLimit.status).toBe(201);
    const over = await world.upload(text('a'.repeat(1024 * 1024 + 1), 'over.txt'), inAcme, token);
    expect([over.status, over.body.code]).toEqual([413, 'upload_too_large']);
    const form = new FormData();
    form.append('file', new Blob(['a'.repeat(3 * 1024 * 1024)], { type: 'text/plain' }), 'far-over.txt');
    // Without a length, as a stream is sent.
    const encoded = new Response(form);
    const streamed = await fetch(`${world.product.api.url}/api/uploads`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${world.adminToken}`,
        'content-type': encoded.headers.get('content-type') ?? '',
      },
      body: encoded.body,
      duplex: 'half',
    } as RequestInit);
    expect(streamed.status).toBe(413);
    await until(async () => (await world.faults()).length === 0);
    expect(await world.faults()).toEqual([]);
  });

  it('with the same bytes by the same owner share an object until the last of them goes', async () => {
    const bytes = await png(7, 7);
    const file = { name: 'twin.png', type: 'image/png', bytes };
    const one = await uploaded(world.upload(file, inAcme, developer.token));
    const two = await uploaded(world.upload({ ...file, name: 'other-name.png' }, inAcme, developer.token));
    const foreign = await uploaded(world.upload(file, inAcme));
    const objects = async () =>
      (await world.keys()).filter((key) => [one, two, foreign].some((id) => key.endsWith(id)));
    const both = [`thumbnails/${one}`, `uploads/${one}`];
    await until(
      async () =>
        (await objects()).sort().join() === [...both, `thumbnails/${foreign}`, `uploads/${foreign}`].sort().join(),
    );
    await world.call('DELETE', `/api/uploads/${one}`);
    const served = await world.follow(await world.call('GET', `/api/uploads/${two}`));
    expect(served.status).toBe(200);
    expect(served.headers.get('content-disposition')).toContain('other-name.png');
    await world.call('DELETE', `/api/uploads/${two}`);
    await until(async () => (await objects()).length === 2);
  });

  it('heed If-Match and If-None-Match', async () => {
    const id = await uploaded(world.upload(text('versioned'), inAcme));
    const stale = await world.call('DELETE', `/api/uploads/${id}`, { headers: { 'if-match': '"99"' } });
    expect([stale.status, stale.body.code]).toEqual([412, 'version_mismatch']);
    const meta = await world.call('GET', `/api/uploads/${id}/meta`);
    const unchanged = await world.call('GET', `/api/uploads/${id}/meta`, {
      headers: { 'if-none-match': meta.headers.get('etag') ?? '' },
    });
    expect(unchanged.status).toBe(304);
  });

  it('are bounded for each owner, however many are sent at once', async () => {
    const { token } = await user('full@example.org', 'acme', 'developer');
    const send = (name: string) => world.upload(text(name.repeat(700_000), `${name}.txt`), inAcme, token);
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map(send));
    // Two of them are the most that fit into 2 MiB.
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 413, 413]);
    expect((await send('e')).body).toMatchObject({ code: 'upload_quota_exceeded', details: { used_bytes: 1_400_000 } });
  });

  it('sent again under the same Idempotency-Key are one', async () => {
    const form = () => {
      const made = new FormData();
      made.append('file', new Blob(['once'], { type: 'text/plain' }), 'once.txt');
      return made;
    };
    const send = async (body: FormData) => {
      const headers = { authorization: `Bearer ${world.adminToken}`, 'idempotency-key': 'upload-once' };
      const answer = await fetch(`${world.product.api.url}/api/uploads${inAcme}`, { method: 'POST', headers, body });
      return { status: answer.status, id: ((await answer.json()) as { id?: string }).id };
    };
    const first = await send(form());
    expect(await send(form())).toEqual(first);
    const other = form();
    other.set('file', new Blob(['another one'], { type: 'text/plain' }), 'once.txt');
    expect((await send(other)).status).toBe(422);
  });

  it.each([
    ['no file', (form: FormData) => form.append('note', 'x')],
    ['another field', (form: FormData) => form.append('attachment', new Blob(['x'], { type: 'text/plain' }), 'a.txt')],
    [
      'two files',
      (form: FormData) => {
        for (const name of ['a.txt', 'b.txt']) form.append('file', new Blob(['x'], { type: 'text/plain' }), name);
      },
    ],
  ])('are not taken from a form with %s', async (_what, fill) => {
    const form = new FormData();
    fill(form);
    const response = await fetch(`${world.product.api.url}/api/uploads`, {
      method: 'POST',
      headers: { authorization: `Bearer ${world.adminToken}` },
      body: form,
    });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, 'malformed_form']);
    await until(async () => (await world.faults()).length === 0);
  });

  it('are refused in bodies that are no form', async () => {
    const answer = await world.call('POST', '/api/uploads', { body: { file: 'x' } });
    expect([answer.status, answer.body.code]).toEqual([415, 'unsupported_media_type']);
  });
});

describe('an icon', () => {
  const team = (slug: string, icon: string | null) => ({ slug, name: slug, icon });

  it('can be an image that was uploaded for the organization, which then is in use', async () => {
    const id = await uploaded(world.upload({ name: 'i.png', type: 'image/png', bytes: await png(3, 3) }, inAcme));
    const created = await world.call('POST', '/api/organizations/acme/teams', { body: team('icons', id) });
    expect([created.status, created.body.icon]).toEqual([201, id]);
    await world.call('PATCH', '/api/organizations/acme', { body: { icon: id } });
    const refused = await world.call('DELETE', `/api/uploads/${id}`);
    expect([refused.status, refused.body.code]).toEqual([409, 'upload_in_use']);
    expect(refused.body.details).toEqual({ teams: 1, organizations: 1 });
    const { body: list } = await world.call('GET', `/api/uploads?organization=acme&attached_to=${created.body.id}`);
    expect(list.items.map((item: { id: string }) => item.id)).toEqual([id]);
    expect((await world.call('DELETE', `/api/uploads/${id}?force=true`)).status).toBe(204);
    expect((await world.call('GET', '/api/organizations/acme/teams/icons')).body).toMatchObject({
      icon: null,
      version: 2,
    });
    expect((await world.call('GET', '/api/organizations/acme')).body.icon).toBeNull();
  });

  it('is free again when it is replaced', async () => {
    const id = await uploaded(world.upload({ name: 'i.png', type: 'image/png', bytes: await png(4, 4) }, inAcme));
    await world.call('POST', '/api/organizations/acme/teams', { body: team('fickle', id) });
    await world.call('PATCH', '/api/organizations/acme/teams/fickle', { body: { icon: 'https://example.org/i.svg' } });
    expect((await world.call('DELETE', `/api/uploads/${id}`)).status).toBe(204);
  });

  it('goes with the only entity that shows it', async () => {
    const file = { name: 'i.png', type: 'image/png', bytes: await png(5, 5) };
    const own = await uploaded(world.upload(file, inAcme));
    const shared = await uploaded(world.upload({ ...file, bytes: await png(6, 6) }, inAcme));
    await world.call('POST', '/api/organizations/acme/teams', { body: team('leaving', own) });
    await world.call('POST', '/api/organizations/acme/teams', { body: team('staying', shared) });
    await world.call('POST', '/api/organizations/acme/tags', { body: { slug: 'x', name: 'X' } });
    const { body: leaving } = await world.call('GET', '/api/organizations/acme/teams/leaving');
    const attach = `${inAcme}&attach_to_kind=Team&attach_to_id=${leaving.id}`;
    const note = await uploaded(world.upload(text('attached'), attach));
    await world.call('PUT', '/api/organizations/acme/teams/leaving', { body: team('leaving', shared) });
    expect((await world.call('GET', `/api/uploads/${own}/meta`)).status).toBe(200);
    await world.call('PUT', '/api/organizations/acme/teams/leaving', { body: team('leaving', own) });
    expect((await world.call('DELETE', '/api/organizations/acme/teams/leaving')).status).toBe(204);
    const statuses = await Promise.all(
      [own, note, shared].map(async (id) => (await world.call('GET', `/api/uploads/${id}/meta`)).status),
    );
    expect(statuses).toEqual([404, 404, 200]);
    await until(async () => !(await world.keys()).includes(`uploads/${own}`));
  });

  it('cannot be an upload of another organization, an unknown one or a document', async () => {
    const foreign = await uploaded(
      world.upload({ name: 'i.png', type: 'image/png', bytes: await png(8, 8) }, '?organization=rival', stranger.token),
    );
    const document = await uploaded(world.upload(text('no image'), inAcme));
    for (const icon of [foreign, document, 'V1StGXR8_Z5jdHi6B-myT']) {
      const { status, body } = await world.call('POST', '/api/organizations/acme/teams', { body: team('never', icon) });
      expect([status, body.errors?.[0]?.pointer, body.errors?.[0]?.code]).toEqual([422, '/icon', 'unknown_reference']);
    }
    expect((await world.call('GET', '/api/organizations/acme/teams/never')).status).toBe(404);
    expect(rival).not.toBe(acme);
  });
});

describe('an avatar', () => {
  const image = async (query: string, token: string) =>
    uploaded(world.upload({ name: 'me.png', type: 'image/png', bytes: await png(9, 11) }, query, token));
  const mine = (avatar: string | null, token: string) =>
    world.call('PUT', '/api/me/avatar', { body: { avatar }, token });
  const shown = async (token: string) => (await world.call('GET', '/api/me', { token })).body.avatar;

  it('is set by everybody for themselves, shown to them, and by administrators for others', async () => {
    const person = await user('avatar@example.org', 'acme', 'developer');
    expect(await shown(person.token)).toBeNull();
    const own = await image(inAcme, person.token);
    expect((await mine(own, person.token)).status).toBe(204);
    expect(await shown(person.token)).toBe(own);
    const refused = await world.call('DELETE', `/api/uploads/${own}`, { token: person.token });
    expect([refused.status, refused.body.details]).toEqual([409, { users: 1 }]);

    const address = 'https://example.org/ada.png';
    const before = await world.call('GET', `/api/users/${person.id}`);
    expect(before.body.avatar).toBe(own);
    const stale = { 'if-match': '"0"' };
    const late = await world.call('PATCH', `/api/users/${person.id}`, { body: { avatar: address }, headers: stale });
    expect(late.status).toBe(412);
    const headers = { 'if-match': before.headers.get('etag') ?? '' };
    const changed = await world.call('PATCH', `/api/users/${person.id}`, { body: { avatar: address }, headers });
    expect([changed.status, changed.body.avatar, changed.body.version]).toEqual([
      200,
      address,
      before.body.version + 1,
    ]);
    expect(await shown(person.token)).toBe(address);
    // What it showed before is in use no more.
    expect((await world.call('DELETE', `/api/uploads/${own}`, { token: person.token })).status).toBe(204);
    expect((await mine(null, person.token)).status).toBe(204);
    expect(await shown(person.token)).toBeNull();
    expect(
      (await world.call('PATCH', `/api/users/${person.id}`, { body: { avatar: address }, token: person.token })).status,
    ).toBe(403);
  });

  it('is no other file, nobody else’s, no unknown one, and no other address than one of the web', async () => {
    const person = await user('refused@example.org', 'acme', 'developer');
    const document = await uploaded(world.upload(text('no face'), inAcme, person.token));
    const others = await image('?organization=rival', stranger.token);
    for (const avatar of [document, others, 'V1StGXR8_Z5jdHi6B-myT']) {
      const { status, body } = await mine(avatar, person.token);
      expect([status, body.errors?.[0]]).toMatchObject([422, { pointer: '/avatar', code: 'unknown_reference' }]);
    }
    for (const avatar of ['javascript:alert(1)', 'ada', '', 7]) {
      expect((await mine(avatar as string, person.token)).status).toBe(422);
    }
    expect((await world.call('PUT', '/api/me/avatar', { body: {}, token: person.token })).status).toBe(422);
    expect(await shown(person.token)).toBeNull();
    // What belongs to no organization is for everybody.
    const common = await image('', world.adminToken);
    expect((await mine(common, person.token)).status).toBe(204);
    expect((await world.call('DELETE', `/api/uploads/${common}?force=true`)).status).toBe(204);
    expect(await shown(person.token)).toBeNull();
  });

  it('is set by a user in person, not by a key', async () => {
    const person = await user('with-key@example.org', 'acme', 'developer');
    const key = await world.call('POST', '/api/me/api-keys', {
      body: { name: 'k', scopes: ['upload:read'], password: 'Correct-Horse-9-Battery' },
      token: person.token,
    });
    expect(key.status).toBe(201);
    const answer = await mine('https://example.org/a.png', key.body.key);
    expect([answer.status, answer.body.code]).toEqual([403, 'interactive_session_required']);
  });

  it('goes with its user where nothing else shows it, and leaves the user when its organization goes', async () => {
    const leaving = await user('leaving@example.org', 'acme', 'developer');
    const { body: common } = await world.call('POST', '/api/users', {
      body: { email: 'made@example.org', display_name: 'Made', avatar: await image('', world.adminToken) },
    });
    await world.call('POST', '/api/organizations', { body: { slug: 'brief', name: 'Brief' } });
    await world.call('PUT', `/api/users/${leaving.id}/roles/developer?organization=brief`);
    const ofBrief = await image('?organization=brief', leaving.token);
    expect((await mine(ofBrief, leaving.token)).status).toBe(204);
    expect((await world.call('DELETE', '/api/organizations/brief?cascade=true')).status).toBeLessThan(300);
    await until(async () => (await shown(leaving.token)) === null);

    // Of what an administrator gave, nothing goes with the user; of what the user made for themselves, all.
    expect((await world.call('DELETE', `/api/users/${common.id}`)).status).toBe(204);
    expect((await world.call('GET', `/api/uploads/${common.avatar}/meta`)).status).toBe(200);
    await world.call('PUT', `/api/users/${leaving.id}/roles/admin`);
    const own = await image('', await world.signIn('leaving@example.org'));
    expect((await mine(own, await world.signIn('leaving@example.org'))).status).toBe(204);
    expect((await world.call('DELETE', `/api/users/${leaving.id}`)).status).toBe(204);
    expect((await world.call('GET', `/api/uploads/${own}/meta`)).status).toBe(404);
  });
});

describe('an attachment', () => {
  it('is of an entity of the same organization that the caller may change', async () => {
    const { body: team } = await world.call('POST', '/api/organizations/acme/teams', {
      body: { slug: 'docs', name: 'Docs' },
    });
    const to = (id: string, kind = 'Team') => `${inAcme}&attach_to_kind=${kind}&attach_to_id=${id}`;
    const refused = await world.upload(text('handbook'), to(team.id), developer.token);
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
    const unknown = await world.upload(text('handbook'), to('V1StGXR8_Z5jdHi6B-myT'));
    expect([unknown.status, unknown.body.errors[0].pointer]).toEqual([422, '/attach_to_id']);
    const half = await world.upload(text('handbook'), `${inAcme}&attach_to_id=${team.id}`);
    expect([half.status, half.body.errors[0].pointer]).toEqual([400, '/attach_to_kind']);
    const id = await uploaded(world.upload(text('handbook'), to(team.id)));
    const { body: list } = await world.call('GET', `/api/uploads?organization=acme&attached_to=${team.id}`);
    expect(list.items.map((item: { id: string }) => item.id)).toEqual([id]);
    expect((await world.call('DELETE', `/api/uploads/${id}`)).status).toBe(204);
  });
});
