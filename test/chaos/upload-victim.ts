import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { newId } from '#libs/common';
import { S3Storage } from '#libs/storage';
import { KillableProcess } from './killable-process.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const ADMIN = { email: 'chaos@example.org', password: 'Correct-Horse-9-Battery' };
const CREDENTIALS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
const START_SECONDS = 150;
const DEATH_SECONDS = 60;
const HALVES_SECONDS = 15;

interface FoundUpload {
  readonly id: string;
  readonly status: string;
  readonly s3_key: string;
  readonly thumbnail_status: string | null;
}

/** What upload-process.mjs tells once its janitor has run. */
export interface FoundState {
  readonly url: string;
  readonly pid: number;
  readonly uploads: readonly FoundUpload[];
  readonly objects: readonly string[];
}

export type Place = 'S3' | 'disk';

/** The product on one data directory, started and killed again and again; on native engines where there are any. */
export class UploadVictim {
  private readonly directory = mkdtempSync(path.join(tmpdir(), 'imbi-upload-chaos-'));
  private process: KillableProcess | undefined;
  private environment: Record<string, string> | undefined;
  private s3: { readonly client: S3Client; readonly bucket: string } | undefined;

  constructor(
    private readonly name: string,
    private readonly place: Place,
  ) {}

  /** Starts it; with `settle`, it waits for the jobs that died with an earlier run. */
  async start(step = 'none', { settle = false } = {}): Promise<FoundState & { token: string }> {
    this.environment ??= await this.prepare();
    const file = path.join(this.directory, 'chaos-uploads.json');
    rmSync(file, { force: true });
    const script = path.join(import.meta.dirname, 'upload-process.mjs');
    const environment = { ...this.environment, IMBI_CHAOS_STEP: step, ...(settle ? { IMBI_CHAOS_SETTLE: 'yes' } : {}) };
    const victim = new KillableProcess('uploads', [script], environment);
    this.process = victim;
    victim.start();
    let hasEnded = false;
    void victim.ended.then(() => {
      hasEnded = true;
    });
    const end = Date.now() + START_SECONDS * 1000;
    while (!existsSync(file)) {
      if (hasEnded || Date.now() > end) throw new Error(`It did not start:\n${victim.lastOutput}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const state: FoundState = JSON.parse(readFileSync(file, 'utf8'));
    const response = await fetch(`${state.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ADMIN),
    });
    const { access_token: token } = (await response.json()) as { access_token: string };
    return { ...state, token };
  }

  /** From now on it kills itself at its step. */
  arm(): void {
    this.process?.send('SIGUSR2');
  }

  get lastOutput(): string {
    return this.process?.lastOutput ?? '';
  }

  async death(): Promise<void> {
    const late = new Promise<'late'>((resolve) => setTimeout(resolve, DEATH_SECONDS * 1000, 'late').unref());
    if ((await Promise.race([this.process?.ended, late])) === 'late') {
      throw new Error(`It lived on:\n${this.lastOutput}`);
    }
  }

  /**
   * What is in storage beside whole objects: uploads in parts that were never completed, or files of no object. What a
   * job is just writing goes by itself; what was left does not.
   */
  async halves(): Promise<number> {
    const end = Date.now() + HALVES_SECONDS * 1000;
    for (;;) {
      const found = await this.countHalves();
      if (found === 0 || Date.now() > end) return found;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  private async countHalves(): Promise<number> {
    if (this.s3) {
      const { client, bucket } = this.s3;
      return (await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads?.length ?? 0;
    }
    const entries = readdirSync(path.join(this.directory, 'files'), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && entry.name !== 'signing.key');
    // An object is two files, its content and what is known of it.
    const objects = files.filter(({ name, parentPath }) => name.endsWith('.json') && !parentPath.endsWith('tmp'));
    return files.length - 2 * objects.length;
  }

  /** In good order, to be started again. */
  async pause(): Promise<void> {
    await this.process?.stop();
  }

  async stop(): Promise<void> {
    await this.pause();
    this.s3?.client.destroy();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async prepare(): Promise<Record<string, string>> {
    const environment: Record<string, string> = {
      NODE_ENV: 'development',
      IMBI_DATA_DIR: this.directory,
      IMBI_PORT: '0',
      IMBI_MAIL_CATCHER_SMTP_PORT: '0',
      IMBI_MAIL_CATCHER_WEB_PORT: '0',
      IMBI_BOOTSTRAP_ADMIN_EMAIL: ADMIN.email,
      IMBI_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password,
      IMBI_RATE_LIMIT_LOGIN_PER_MINUTE: '10000',
      IMBI_LOG_LEVEL: 'error',
    };
    if (process.env['IMBI_TEST_ENGINES'] === 'native') {
      const script = path.join(ROOT, 'test/support/native/engines.sh');
      const name = `imbi_${this.name}_${this.place}_${process.pid}`.toLowerCase();
      environment['DATABASE_URL'] = execFileSync(script, ['database', name], { encoding: 'utf8' }).trim();
      environment['REDIS_URL'] = process.env['IMBI_TEST_REDIS_URL'] ?? '';
      environment['IMBI_QUEUE_PREFIX'] = name.replaceAll('_', '-');
    }
    return this.place === 'disk' ? environment : { ...environment, ...(await this.makeBucket()) };
  }

  private async makeBucket(): Promise<Record<string, string>> {
    const endpoint = process.env['IMBI_TEST_S3_URL'] ?? '';
    const bucket = `imbi-${newId().toLowerCase().replaceAll(/[-_]/g, 'x')}`;
    const options = { endpoint, region: 'us-east-1', credentials: CREDENTIALS, forcePathStyle: true };
    const storage = new S3Storage({ ...options, bucket });
    await storage.ensureBucket();
    await storage.close();
    this.s3 = { client: new S3Client(options), bucket };
    return {
      S3_BUCKET: bucket,
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      S3_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      S3_FORCE_PATH_STYLE: 'true',
    };
  }
}

/** Where uploads can be kept here; a run names what it had to leave out. */
export const PLACES: readonly Place[] = process.env['IMBI_TEST_S3_URL'] === undefined ? ['disk'] : ['S3', 'disk'];
