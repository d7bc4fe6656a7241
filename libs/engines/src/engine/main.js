// The child process that holds the embedded PostgreSQL. Plain JavaScript, because it is started as it is, from the
// sources under test as well as from dist. It talks to its parent by IPC only and never outlives it.
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { age } from '@electric-sql/pglite-age';
import { ConnectionGate } from './connection-gate.js';
import { DirectoryInUse, lockDirectory } from './directory-lock.js';
import { Maintenance } from './maintenance.js';
import { StatementQueue } from './statement-queue.js';

const EXIT_ENGINE_FAILED = 70;
const LONG_JUMP_STATUS = 100;
const START_PARAMETERS = [
  ['shared_buffers', '16MB'],
  ['max_wal_size', '96MB'],
  ['min_wal_size', '32MB'],
  ['max_stack_depth', '500kB'],
  ['search_path', 'bullmq,public'],
].flatMap(([name, value]) => ['-c', `${name}=${value}`]);

// With checksums the first read of a page after its rows were committed writes the whole page to the log: a vacuum of 200 MB
// wrote 206 MB of it in one statement, which no checkpoint can get in between. Without them it is 2 MB.
const CREATE_PARAMETERS = ['--no-data-checksums', '--wal-segsize=4'];

/** @type {{ task: 'initialise' | 'serve', dataDir: string, maintenance: import('./maintenance.js').MaintenanceOptions }} */
const options = JSON.parse(process.argv[2] ?? '{}');

// A terminal's Ctrl-C and a service manager's SIGTERM reach the whole group; the parent decides when the engine stops.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

let gate;
let stopping = false;
let shutDown = async () => undefined;
// Connections may arrive before the engine is ready; they wait.
const early = [];
process.on('message', (message, handle) => {
  if (message.type === 'ping') process.send?.({ type: 'pong' });
  if (message.type === 'stop') void stop();
  if (message.type === 'connection' && handle) accept(message.id, handle);
});
process.on('disconnect', () => void stop());

try {
  const unlock = await lockDirectory(options.dataDir);
  const db = await open();
  if (options.task === 'initialise') {
    await db.close();
    unlock();
    process.exit(0);
  }
  await serve(db, unlock);
} catch (error) {
  if (error instanceof DirectoryInUse) {
    tell({ type: 'refused', pid: error.pid, message: error.message }, () => process.exit(1));
  } else {
    fail(error);
  }
}

function accept(id, socket) {
  tell({ type: 'accepted', id });
  if (gate) gate.add(socket);
  else early.push(socket);
}

async function open() {
  const db = await PGlite.create({
    dataDir: join(options.dataDir, 'postgres'),
    extensions: { age, pg_trgm },
    initDbStartParams: CREATE_PARAMETERS,
    startParams: [...PGlite.defaultStartParams, ...START_PARAMETERS],
  });
  watchForSwallowedErrors(db);
  await db.exec(`create extension if not exists age; load 'age'`);
  return db;
}

async function serve(db, unlock) {
  const queue = new StatementQueue(db, fail);
  gate = new ConnectionGate(queue);
  const maintenance = new Maintenance(queue, options.maintenance, () =>
    gate.expel('25P03', 'terminating connection due to idle-in-transaction timeout'),
  );
  shutDown = async () => {
    maintenance.stop();
    gate.close();
    await queue.close();
    await db.close();
    unlock();
  };
  await maintenance.start();
  for (const socket of early) gate.add(socket);
  tell({ type: 'ready' });
}

async function stop() {
  if (stopping) return;
  stopping = true;
  await shutDown();
  process.exit(0);
}

// PGlite drops exceptions of the WebAssembly code (stack exhausted, trap) and goes on with an engine in an unknown
// state, which answers nothing or wrongly. Every exit but PostgreSQL's own error jump ends this process instead.
function watchForSwallowedErrors(db) {
  const module = db.Module;
  const runOnce = module._PostgresMainLoopOnce;
  module._PostgresMainLoopOnce = () => {
    try {
      return runOnce();
    } catch (error) {
      if (error?.status !== LONG_JUMP_STATUS) fail(error);
      throw error;
    }
  };
}

function fail(error) {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  process.stderr.write(`embedded PostgreSQL failed: ${reason}\n`);
  gate?.expel('57P02', 'the embedded engine failed and is being restarted');
  process.exit(EXIT_ENGINE_FAILED);
}

function tell(message, sent = () => undefined) {
  if (process.connected) process.send?.(message, sent);
  else sent();
}
