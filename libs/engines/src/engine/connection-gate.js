// Lets one client at a time through to the engine; the next one waits until the engine has forgotten the one before.
import { PGLiteSocketHandler } from '@electric-sql/pglite-socket';

const PATIENCE_MILLISECONDS = 10_000;

export class ConnectionGate {
  /** @param {import('./statement-queue.js').StatementQueue} queue */
  constructor(queue) {
    this.queue = queue;
    /** @type {import('node:net').Socket | undefined} */
    this.current = undefined;
    /** @type {{ socket: import('node:net').Socket, timer: NodeJS.Timeout }[]} */
    this.waiting = [];
  }

  /** @param {import('node:net').Socket} socket */
  add(socket) {
    socket.on('error', () => undefined);
    const timer = setTimeout(() => {
      this.waiting = this.waiting.filter((entry) => entry.socket !== socket);
      refuse(socket, '53300', 'the embedded engine has one connection and another client holds it');
    }, PATIENCE_MILLISECONDS);
    this.waiting.push({ socket, timer });
    this.next();
  }

  /** Ends the client's connection with an error it can read. */
  expel(code, message) {
    if (this.current) refuse(this.current, code, message);
  }

  close() {
    for (const { socket, timer } of this.waiting.splice(0)) {
      clearTimeout(timer);
      socket.destroy();
    }
    this.current?.destroy();
  }

  next() {
    if (this.current) return;
    const entry = this.waiting.shift();
    if (!entry) return;
    clearTimeout(entry.timer);
    this.current = entry.socket;
    const handler = new PGLiteSocketHandler({ queryQueue: this.queue, closeOnDetach: true });
    const left = () => {
      if (this.current !== entry.socket) return;
      this.current = undefined;
      // The handler queues its clean-up right after this event and before any message of the next client.
      setImmediate(() => this.next());
    };
    handler.addEventListener('close', left);
    handler.addEventListener('error', left);
    void handler.attach(entry.socket);
  }
}

/** @param {import('node:net').Socket} socket */
function refuse(socket, code, message) {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const header = Buffer.alloc(5);
  header.write('E');
  header.writeInt32BE(fields.length + 4, 1);
  socket.end(Buffer.concat([header, fields]));
}
