// Overwrites `key` with a body that never ends, until it is killed. Usage: slow-writer.ts <directory> <key>
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { DiskStorage } from '../src/index.js';

const [directory = '', key = ''] = process.argv.slice(2);
const storage = await DiskStorage.open({ directory, urlBase: 'http://127.0.0.1/files' });

async function* endless() {
  for (let sent = 1; ; sent += 1) {
    yield randomBytes(1024 * 1024);
    process.stdout.write(`${sent}\n`);
    await wait(5);
  }
}

await storage.put(key, Readable.from(endless(), { objectMode: false }), { contentType: 'text/plain' });
