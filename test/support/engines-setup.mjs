// Runs once before the medium specs. The template databases themselves are made by the first spec that needs one
// (test/support/database.ts), because only there are our TypeScript migrations loadable.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

const CACHE = path.resolve(import.meta.dirname, '../../.cache/test-engines');
const UNUSED_MILLISECONDS = 3 * 24 * 60 * 60 * 1000;

export default async function setUp() {
  // Names this run's databases on a native server, so that the teardown drops these and no other run's.
  process.env.IMBI_TEST_RUN ??= randomBytes(4).toString('hex');
  mkdirSync(CACHE, { recursive: true });
  for (const name of readdirSync(CACHE)) {
    const file = path.join(CACHE, name);
    const unused = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (unused > UNUSED_MILLISECONDS) rmSync(file, { recursive: true, force: true });
  }
}
