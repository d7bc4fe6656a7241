// The order in which protocol messages, clean-up and maintenance reach the engine, which does one thing at a time.

const QUERY = 'Q'.charCodeAt(0);
const SYNC = 'S'.charCodeAt(0);
const FUNCTION_CALL = 'F'.charCodeAt(0);
const TERMINATE = 'X'.charCodeAt(0);
const STARTUP = 0;
const SYNC_MESSAGE = new Uint8Array([SYNC, 0, 0, 0, 4]);

/**
 * Stands in for pglite-socket's own queue: that one forgets nothing between two clients and stops for ever after an
 * error. Here a client that leaves is followed by ROLLBACK and DISCARD ALL, so that each connection starts as on a
 * server: no prepared statements, settings, LISTENs, advisory locks or temporary tables of the one before.
 */
export class StatementQueue {
  /**
   * @param {import('@electric-sql/pglite').PGlite} db
   * @param {(error: unknown) => void} onFatal the engine threw: its state is unknown and it must not be used again
   */
  constructor(db, onFatal) {
    this.db = db;
    this.onFatal = onFatal;
    this.lastMessageAt = performance.now();
    /** @type {(() => Promise<void>) | undefined} runs between two statements of a busy client */
    this.onGap = undefined;
    /** @type {{ run: () => Promise<void>, reject: (error: Error) => void, handlerId: number | undefined }[]} */
    this.waiting = [];
    this.busy = false;
    // Between Parse and Sync nothing else may run: it would replace the unnamed statement.
    this.midCycle = false;
  }

  get inTransaction() {
    return this.db.isInTransaction();
  }

  /** One protocol message; resolves to the number of bytes answered. The name and shape are pglite-socket's. */
  enqueue(handlerId, message, onData) {
    return new Promise((resolve, reject) => {
      const run = async () => {
        let answered = 0;
        this.note(message[0]);
        await this.db.execProtocolRawStream(message, {
          onRawData: (data) => {
            answered += data.length;
            onData(data);
          },
        });
        resolve(answered);
      };
      this.add({ run, reject, handlerId });
    });
  }

  clearQueueForHandler(handlerId) {
    const dropped = this.waiting.filter((entry) => entry.handlerId === handlerId);
    this.waiting = this.waiting.filter((entry) => entry.handlerId !== handlerId);
    for (const entry of dropped) entry.reject(new Error('The client has gone.'));
  }

  /** Called by the handler when its client has gone, whatever it left behind. */
  clearTransactionIfNeeded() {
    return new Promise((resolve, reject) => {
      const run = async () => {
        await this.resetSession();
        resolve(undefined);
      };
      this.add({ run, reject, handlerId: undefined });
    });
  }

  /**
   * Runs work of our own if no client needs the engine now.
   * @param {(db: import('@electric-sql/pglite').PGlite) => Promise<void>} work
   * @returns {Promise<boolean>} whether it ran
   */
  async runBetween(work) {
    if (this.busy || this.midCycle || this.waiting.length > 0 || this.inTransaction) return false;
    this.busy = true;
    try {
      await work(this.db);
    } finally {
      this.busy = false;
      void this.drain();
    }
    return true;
  }

  /** Resolves when what runs now has ended and nothing will run any more. */
  async close() {
    this.closed = true;
    for (const entry of this.waiting.splice(0)) entry.reject(new Error('The engine stops.'));
    while (this.busy) await new Promise((resolve) => setImmediate(resolve));
  }

  add(entry) {
    if (this.closed) {
      entry.reject(new Error('The engine stops.'));
      return;
    }
    this.waiting.push(entry);
    void this.drain();
  }

  async drain() {
    if (this.busy) return;
    this.busy = true;
    for (let entry = this.waiting.shift(); entry; entry = this.waiting.shift()) {
      try {
        await entry.run();
        if (this.onGap && !this.midCycle && !this.inTransaction) await this.onGap();
      } catch (error) {
        this.onFatal(error);
        return;
      }
    }
    this.busy = false;
  }

  note(type) {
    this.lastMessageAt = performance.now();
    if (type === STARTUP || type === TERMINATE) return;
    this.midCycle = type !== QUERY && type !== SYNC && type !== FUNCTION_CALL;
  }

  async resetSession() {
    if (this.midCycle) {
      await this.db.execProtocolRawStream(SYNC_MESSAGE, { onRawData: () => undefined });
      this.midCycle = false;
    }
    if (this.inTransaction) await this.db.exec('rollback');
    await this.db.exec('discard all');
  }
}
