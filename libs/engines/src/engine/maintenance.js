// What a server's background processes would do: without it the write-ahead log and dead rows grow without bound.

const TICK_MILLISECONDS = 1000;
// A fast client writes 200 MB a second.
const GAP_MILLISECONDS = 100;
const PATIENCE_MILLISECONDS = 2000;

/**
 * @typedef {object} MaintenanceOptions
 * @property {number} checkpointBytes write-ahead log after which to checkpoint
 * @property {number} checkpointMilliseconds time after which to checkpoint if anything was written
 * @property {number} vacuumMilliseconds time after which to vacuum if anything was written
 * @property {number} idleTransactionMilliseconds how long a client may sit in a transaction doing nothing
 */

export class Maintenance {
  /**
   * @param {import('./statement-queue.js').StatementQueue} queue
   * @param {MaintenanceOptions} options
   * @param {() => void} expelIdle ends a client that blocks the engine by an idle transaction
   */
  constructor(queue, options, expelIdle) {
    this.queue = queue;
    this.options = options;
    this.expelIdle = expelIdle;
    this.checkpointAt = performance.now();
    this.vacuumAt = performance.now();
    this.checkpointPosition = 0;
    this.vacuumPosition = 0;
    this.gapAt = performance.now();
    this.running = false;
  }

  async start() {
    await this.queue.runBetween(async (db) => {
      this.checkpointPosition = await logPosition(db);
      this.vacuumPosition = this.checkpointPosition;
    });
    this.queue.onGap = () => this.gap();
    this.timer = setInterval(() => this.tick(), TICK_MILLISECONDS);
  }

  stop() {
    clearInterval(this.timer);
    this.queue.onGap = undefined;
  }

  /** A busy client leaves no time for {@link tick}; so the log is also looked at between its statements. */
  async gap() {
    if (performance.now() - this.gapAt < GAP_MILLISECONDS) return;
    this.gapAt = performance.now();
    const { db } = this.queue;
    try {
      if ((await logPosition(db)) - this.checkpointPosition > this.options.checkpointBytes)
        await this.checkpointNow(db);
    } catch (error) {
      complain(error);
    }
  }

  tick() {
    const idle = performance.now() - this.queue.lastMessageAt;
    if (this.queue.inTransaction && idle > this.options.idleTransactionMilliseconds) this.expelIdle();
    if (this.running) return;
    this.running = true;
    this.work()
      .catch(complain)
      .finally(() => {
        this.running = false;
      });
  }

  async work() {
    const position = await this.between(logPosition);
    if (position === undefined) return;
    await this.checkpoint(position);
    await this.vacuum(position);
  }

  async checkpoint(position) {
    const written = position - this.checkpointPosition;
    const due = performance.now() - this.checkpointAt > this.options.checkpointMilliseconds;
    if (written < this.options.checkpointBytes && !(due && written > 0)) return;
    await this.between((db) => this.checkpointNow(db));
  }

  async checkpointNow(db) {
    await db.exec('checkpoint');
    // A checkpoint writes log itself; measured after it, an idle database is never checkpointed again.
    this.checkpointPosition = await logPosition(db);
    this.checkpointAt = performance.now();
  }

  async vacuum(position) {
    if (performance.now() - this.vacuumAt < this.options.vacuumMilliseconds) return;
    this.vacuumAt = performance.now();
    if (position - this.vacuumPosition < 65_536) return;
    const tables = await this.between(userTables);
    if (!tables) return;
    // Table by table, so that clients get their turn in between.
    for (const table of tables) await this.between((db) => this.vacuumTable(db, table));
    this.vacuumPosition = (await this.between(logPosition)) ?? position;
  }

  async vacuumTable(db, table) {
    await db.exec(`vacuum (analyze) ${table}`).catch(() => undefined);
    // Databases that were made with checksums log each page that is read.
    if ((await logPosition(db)) - this.checkpointPosition > this.options.checkpointBytes) await this.checkpointNow(db);
  }

  /** Waits for a gap between the client's statements, but not for ever. */
  async between(work) {
    const deadline = performance.now() + PATIENCE_MILLISECONDS;
    let result;
    const run = async (db) => {
      result = await work(db);
    };
    while (!(await this.queue.runBetween(run))) {
      if (performance.now() > deadline) return undefined;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return result;
  }
}

function complain(error) {
  process.stderr.write(`maintenance failed: ${error.message}\n`);
}

async function logPosition(db) {
  const { rows } = await db.query(`select (pg_current_wal_insert_lsn() - '0/0')::float8 as position`);
  return rows[0].position;
}

async function userTables(db) {
  const { rows } = await db.query(`select format('%I.%I', n.nspname, c.relname) as name
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname <> 'information_schema'
    order by c.relpages desc`);
  return rows.map((row) => row.name);
}
