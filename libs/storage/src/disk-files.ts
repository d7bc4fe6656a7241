import { createHash, randomUUID } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ContentCheck } from './content-check.js';

/** What the sidecar of an object holds; `file` names the file with its content. */
export interface Sidecar {
  readonly key: string;
  readonly size: number;
  readonly contentType: string;
  readonly sha256: string;
  readonly modifiedAt: string;
  readonly file: string;
}

const SIDECAR = '.json';

/**
 * Objects as files. The name of an object's files is the SHA-256 of its key, so that no key can mean a path. An object is
 * its sidecar: content goes to a file with a name of its own, and renaming the new sidecar over the old one is the one
 * step that changes what readers see. A death before it leaves the old object, and files that nobody refers to.
 */
export class DiskFiles {
  private readonly objects: string;
  private readonly temporary: string;
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(directory: string) {
    this.objects = join(directory, 'objects');
    this.temporary = join(directory, 'tmp');
  }

  async prepare(): Promise<void> {
    await mkdir(this.objects, { recursive: true, mode: 0o700 });
    await mkdir(this.temporary, { recursive: true, mode: 0o700 });
  }

  async read(key: string): Promise<Sidecar | undefined> {
    return readSidecar(this.sidecarPath(key));
  }

  /** Opens the content; an object replaced between the two steps is looked up again. */
  async open(key: string): Promise<{ sidecar: Sidecar; handle: FileHandle } | undefined> {
    for (let attempt = 0; ; attempt += 1) {
      const sidecar = await this.read(key);
      if (!sidecar) return undefined;
      try {
        return { sidecar, handle: await open(this.contentPath(key, sidecar.file), constants.O_RDONLY) };
      } catch (error) {
        if (!isMissing(error) || attempt >= 10) throw error;
      }
    }
  }

  async write(
    key: string,
    body: Readable,
    check: ContentCheck,
    options: { contentType: string; signal?: AbortSignal },
  ): Promise<Sidecar> {
    const name = `${hashOf(key)}.${randomUUID()}`;
    const content = join(this.temporary, name);
    const target = this.contentPath(key, name);
    try {
      await writeDurably(content, (handle) =>
        pipeline(body, check, (chunks) => append(handle, chunks), { signal: options.signal }),
      );
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await rename(content, target);
      const sidecar: Sidecar = {
        key,
        size: check.byteCount,
        contentType: options.contentType,
        sha256: check.sha256,
        modifiedAt: new Date().toISOString(),
        file: name,
      };
      await this.commit(key, sidecar);
      return sidecar;
    } catch (error) {
      await Promise.all([rm(content, { force: true }), rm(target, { force: true })]);
      throw error;
    }
  }

  async remove(key: string): Promise<void> {
    await this.inTurn(key, async () => {
      const sidecar = await this.read(key);
      if (!sidecar) return;
      await rm(this.sidecarPath(key), { force: true });
      await syncDirectory(dirname(this.sidecarPath(key)));
      await rm(this.contentPath(key, sidecar.file), { force: true });
    });
  }

  /** All sidecars, in no order. */
  async *sidecars(): AsyncGenerator<Sidecar> {
    for await (const path of this.files()) {
      if (!path.endsWith(SIDECAR)) continue;
      const sidecar = await readSidecar(path);
      if (sidecar) yield sidecar;
    }
  }

  /** Removes what interrupted writes left behind; files touched since `before` may still be in the making. */
  async sweep(before: Date): Promise<number> {
    let removed = 0;
    const leftovers = async function* (this: DiskFiles) {
      for (const entry of await list(this.temporary)) yield join(this.temporary, entry.name);
      for await (const path of this.files()) if (await isUnreferenced(path)) yield path;
    };
    for await (const path of leftovers.call(this)) {
      const info = await stat(path).catch(() => undefined);
      if (!info || info.mtime > before) continue;
      await rm(path, { force: true });
      removed += 1;
    }
    return removed;
  }

  private async commit(key: string, sidecar: Sidecar): Promise<void> {
    const path = this.sidecarPath(key);
    const temporary = join(this.temporary, `${sidecar.file}${SIDECAR}`);
    await writeDurably(temporary, (handle) => handle.writeFile(JSON.stringify(sidecar)));
    await this.inTurn(key, async () => {
      const previous = await this.read(key);
      await rename(temporary, path);
      await syncDirectory(dirname(path));
      if (previous) await rm(this.contentPath(key, previous.file), { force: true });
    });
  }

  // Two writers of one key would otherwise both take the same previous content for theirs to remove.
  private async inTurn<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const turn = (this.turns.get(key) ?? Promise.resolve()).then(work, work);
    this.turns.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.turns.get(key) === turn) this.turns.delete(key);
    }
  }

  private async *files(): AsyncGenerator<string> {
    for (const folder of await list(this.objects)) {
      for (const entry of await list(join(this.objects, folder.name))) {
        yield join(this.objects, folder.name, entry.name);
      }
    }
  }

  private sidecarPath(key: string): string {
    return this.contentPath(key, `${hashOf(key)}${SIDECAR}`);
  }

  private contentPath(key: string, file: string): string {
    return join(this.objects, hashOf(key).slice(0, 2), file);
  }
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

async function readSidecar(path: string): Promise<Sidecar | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function isUnreferenced(path: string): Promise<boolean> {
  if (path.endsWith(SIDECAR)) return false;
  const name = basename(path);
  const sidecar = await readSidecar(join(dirname(path), `${name.slice(0, name.indexOf('.'))}${SIDECAR}`));
  return sidecar?.file !== name;
}

async function writeDurably(path: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await write(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

// A write stream of the handle would keep it from closing unless it closed it itself, which is before the sync.
async function append(handle: FileHandle, chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of chunks) await handle.writeFile(chunk);
}

// Makes a rename survive a loss of power; Windows cannot open a directory and needs no such thing.
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function list(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return Object(error).code === 'ENOENT';
}
