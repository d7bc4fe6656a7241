import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Graph } from '#libs/graph';
import { OBJECT_STORAGE, type ObjectStorage } from '#libs/storage';
import { Upload } from '#libs/uploads';
import { type RunningProduct, runningProduct } from '../../libs/product/test/running-product.js';

const PASSWORD = 'Correct-Horse-9-Battery';

export interface SentFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer | string;
}

export interface UploadAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: specs look into documents of every kind
  readonly body: any;
}

/** The product with a data directory of its own, and what specs of uploads do with it. */
export interface UploadWorld {
  readonly product: RunningProduct;
  readonly storage: ObjectStorage;
  /** Sends a file as a form, as the administrator or with another token. */
  upload(file: SentFile, query?: string, token?: string): Promise<UploadAnswer>;
  /** Any other request; redirects are not followed. */
  call(
    method: string,
    path: string,
    options?: { token?: string; body?: object; headers?: object },
  ): Promise<UploadAnswer>;
  /** Where a redirect leads, fetched. */
  follow(answer: UploadAnswer, headers?: Record<string, string>): Promise<Response>;
  readonly adminToken: string;
  signIn(email: string): Promise<string>;
  /** Keys of all objects and thumbnails. */
  keys(): Promise<string[]>;
  /** What objects and rows disagree in; nothing once the jobs have run. */
  faults(): Promise<string[]>;
  close(): Promise<void>;
}

export async function uploadWorld(env: Readonly<Record<string, string>> = {}): Promise<UploadWorld> {
  const directory = await mkdtemp(path.join(tmpdir(), 'imbi-uploads-'));
  const product = await runningProduct({ IMBI_DATA_DIR: directory, ...env });
  const { url, app } = product.api;
  const storage: ObjectStorage = app.get(OBJECT_STORAGE, { strict: false });
  const signIn = async (email: string) => {
    const response = await fetch(`${url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password: PASSWORD }),
    });
    return ((await response.json()) as { access_token: string }).access_token;
  };
  const admin = await signIn('admin@example.org');
  const call: UploadWorld['call'] = async (method, target, { token = admin, body, headers } = {}) => {
    const response = await fetch(new URL(target, url), {
      method,
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${token}`,
        ...(body && { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }),
        ...headers,
      },
      body: body && JSON.stringify(body),
    });
    return answerOf(response);
  };
  return {
    product,
    storage,
    adminToken: admin,
    call,
    signIn,
    upload: async ({ name, type, bytes }, query = '', token = admin) => {
      const form = new FormData();
      form.append('file', new Blob([bytes as BlobPart], { type }), name);
      const response = await fetch(`${url}/api/uploads${query}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: form,
      });
      return answerOf(response);
    },
    follow: async (answer, headers = {}) => fetch(new URL(answer.headers.get('location') ?? '', url), { headers }),
    keys: async () => (await storage.list('')).objects.map(({ key }) => key),
    faults: () => faultsOf(app.get(Graph, { strict: false }), storage),
    close: async () => {
      await product.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Objects without an upload, uploads without their object or thumbnail, and pending ones. */
export async function faultsOf(graph: Graph, storage: ObjectStorage): Promise<string[]> {
  const { items } = await graph.read.list(Upload, { limit: 1000 });
  const ready = items.filter(({ status }) => status === 'ready');
  const expected = new Set(
    ready.flatMap(({ s3_key, thumbnail_status }) =>
      thumbnail_status === 'ready' ? [s3_key, s3_key.replace('uploads/', 'thumbnails/')] : [s3_key],
    ),
  );
  const found = new Set((await storage.list('')).objects.map(({ key }) => key));
  return [
    ...items.filter(({ status }) => status === 'pending').map(({ id }) => `pending: ${id}`),
    ...ready
      .filter(({ thumbnail_status }) => thumbnail_status === 'pending')
      .map(({ id }) => `no thumbnail yet: ${id}`),
    ...[...expected].filter((key) => !found.has(key)).map((key) => `missing: ${key}`),
    ...[...found].filter((key) => !expected.has(key)).map((key) => `orphan: ${key}`),
  ];
}

async function answerOf(response: Response): Promise<UploadAnswer> {
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (response.headers.get('content-type') ?? '').includes('json') ? JSON.parse(text) : text,
  };
}

export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function until(check: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await check())) {
    if (Date.now() > end) throw new Error('It did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
