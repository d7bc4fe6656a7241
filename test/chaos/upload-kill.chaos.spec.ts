import { randomBytes } from 'node:crypto';
import { isNativeError } from 'node:util/types';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import type { UploadStep } from '#libs/uploads';
import { type FoundState, PLACES, type Place, UploadVictim } from './upload-victim.js';

const ROUNDS = Number(process.env['IMBI_CHAOS_UPLOAD_ROUNDS'] ?? 1);
const POLL_MS = 50;

type Running = FoundState & { token: string };

/** Something that was not there before, so that nothing shares its object. */
async function photograph(): Promise<Blob> {
  const raw = { width: 300, height: 200, channels: 3 } as const;
  const bytes = await sharp(randomBytes(raw.width * raw.height * raw.channels), { raw })
    .jpeg()
    .toBuffer();
  return new Blob([bytes as BlobPart], { type: 'image/jpeg' });
}

/** More than S3 takes in one part. */
const manual = async () => new Blob([randomBytes(6 * 1024 * 1024).toString('hex')], { type: 'text/plain' });
const brokenPhotograph = async () => (await photograph()).slice(0, -10, 'image/jpeg');

async function send({ url, token }: Running, file: Blob): Promise<Response> {
  const form = new FormData();
  form.append('file', file, file.type === 'image/jpeg' ? 'photo.jpg' : 'manual.txt');
  return fetch(`${url}/api/uploads`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: form });
}

async function upload(running: Running, file: Blob): Promise<string> {
  const response = await send(running, file);
  expect(response.status).toBe(201);
  return ((await response.json()) as { id: string }).id;
}

/** Until its thumbnail is there. */
async function settled({ url, token }: Running, id: string): Promise<string> {
  for (let tries = 0; tries < 600; tries += 1) {
    const response = await fetch(`${url}/api/uploads/${id}/meta`, { headers: { authorization: `Bearer ${token}` } });
    if (((await response.json()) as { thumbnail_status: string }).thumbnail_status === 'ready') return id;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error('There was no thumbnail in time');
}

/**
 * What is interrupted: first what it needs is arranged, then the process is armed, and then this is done. It tells of
 * what the answer promised; where the process died before it answered, nothing is known.
 */
const ACTIONS = {
  async 'a photograph'(running: Running, arm: () => void) {
    const file = await photograph();
    arm();
    return { kept: await upload(running, file).catch(ifDead) };
  },
  async 'a large file'(running: Running, arm: () => void) {
    const file = await manual();
    arm();
    return { kept: await upload(running, file).catch(ifDead) };
  },
  async 'the same bytes again'(running: Running, arm: () => void) {
    const file = await photograph();
    await settled(running, await upload(running, file));
    arm();
    return { kept: await upload(running, file).catch(ifDead) };
  },
  async 'a broken file'(running: Running, arm: () => void) {
    const file = await brokenPhotograph();
    arm();
    const response = await send(running, file).catch(ifDead);
    if (response) expect(response.status).toBe(422);
    return {};
  },
  async 'a delete'(running: Running, arm: () => void) {
    const { url, token } = running;
    const id = await settled(running, await upload(running, await photograph()));
    arm();
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${url}/api/uploads/${id}`, { method: 'DELETE', headers }).catch(ifDead);
    if (response) expect(response.status).toBe(204);
    return { gone: response && id };
  },
};

const CASES: readonly (readonly [what: keyof typeof ACTIONS, step: UploadStep])[] = [
  ['a photograph', 'pending'],
  ['a photograph', 'received'],
  ['a large file', 'received'],
  ['a photograph', 'stored'],
  ['a photograph', 'ready'],
  ['a photograph', 'thumbnail stored'],
  ['a photograph', 'thumbnail ready'],
  ['the same bytes again', 'stored'],
  ['the same bytes again', 'ready'],
  ['the same bytes again', 'object removed'],
  ['the same bytes again', 'thumbnail removed'],
  ['a broken file', 'object removed'],
  ['a delete', 'removed'],
  ['a delete', 'object removed'],
  ['a delete', 'thumbnail removed'],
];

/** Where the storage itself is half way, which is all that a second storage can do differently. */
const STORAGE_CASES = CASES.filter(
  ([what, step]) =>
    (what !== 'the same bytes again' && ['received', 'stored', 'thumbnail stored'].includes(step)) ||
    (what === 'a delete' && step === 'object removed'),
);
const casesOf = (place: Place) => (place === 'disk' && PLACES.length > 1 ? STORAGE_CASES : CASES);

/** What fetch fails with where the connection is lost (of Jest's own realm it is not); whatever else fails is a fault. */
function ifDead(error: unknown): undefined {
  if (!isNativeError(error) || error.name !== 'TypeError') throw error;
}

describe.each(PLACES)(
  'on %s, an upload or a delete that is killed leaves nothing that the janitor does not mend',
  (place) => {
    const victim = new UploadVictim('upload_kill', place);
    const kept = new Set<string>();
    const gone = new Set<string>();
    const cases = Array.from({ length: ROUNDS }, () => casesOf(place)).flat();
    let kills = 0;
    let running: Running;

    beforeAll(async () => {
      running = await victim.start(cases[0]?.[1]);
    });
    afterAll(() => victim.stop());

    /** After the janitor alone, before any job that died has run again. */
    async function expectMended({ uploads, objects }: FoundState): Promise<void> {
      expect(uploads.filter(({ status }) => status !== 'ready')).toEqual([]);
      const named = new Set(uploads.map(({ s3_key }) => s3_key));
      expect(objects.filter((key) => key.startsWith('uploads/')).sort()).toEqual([...named].sort());
      const thumbnails = objects.filter((key) => !key.startsWith('uploads/'));
      expect(thumbnails.filter((key) => !named.has(key.replace('thumbnails/', 'uploads/')))).toEqual([]);
      const shown = uploads.filter(({ thumbnail_status }) => thumbnail_status === 'ready').map(thumbnailOf);
      expect(shown.filter((key) => !thumbnails.includes(key))).toEqual([]);
      expect(await victim.halves()).toBe(0);
      const ids = new Set(uploads.map(({ id }) => id));
      expect([...kept].filter((id) => !ids.has(id))).toEqual([]);
      expect([...gone].filter((id) => ids.has(id))).toEqual([]);
    }

    it.each(cases.map((one, index) => [...one, cases[index + 1]?.[1]] as const))(
      '%s, at "%s"',
      async (what, _step, next) => {
        const outcome: { kept?: string; gone?: string } = await ACTIONS[what](running, () => victim.arm()).catch(
          (error) => {
            process.stdout.write(`${victim.lastOutput}\n`);
            throw error;
          },
        );
        if (outcome.kept !== undefined) kept.add(outcome.kept);
        if (outcome.gone !== undefined) gone.add(outcome.gone);
        await victim.death();
        kills += 1;
        running = await victim.start(next);
        await expectMended(running);
      },
    );

    it('and when the jobs have run again, objects and rows are the same, and all that was promised is served', async () => {
      await victim.pause();
      running = await victim.start('none', { settle: true });
      await expectMended(running);
      const { uploads, objects, url, token } = running;
      expect(uploads.filter(({ thumbnail_status }) => !['ready', null].includes(thumbnail_status))).toEqual([]);
      const expected = uploads.flatMap((one) =>
        one.thumbnail_status === null ? [one.s3_key] : [one.s3_key, thumbnailOf(one)],
      );
      expect([...objects].sort()).toEqual([...new Set(expected)].sort());
      for (const { id } of uploads) {
        const served = await fetch(`${url}/api/uploads/${id}`, { headers: { authorization: `Bearer ${token}` } });
        expect([served.status, (await served.arrayBuffer()).byteLength > 10_000]).toEqual([200, true]);
      }
      process.stdout.write(`on ${place}: ${kills} kills, ${uploads.length} uploads, ${objects.length} objects\n`);
    });
  },
);

function thumbnailOf({ s3_key }: { readonly s3_key: string }): string {
  return s3_key.replace('uploads/', 'thumbnails/');
}
