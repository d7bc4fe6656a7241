import { createServer, type Server, type Socket } from 'node:net';

/** The ways in which a mail server fails. */
export const FAULTS = ['refuse', '421', '451', '550', 'hang', 'close'] as const;
export type Fault = (typeof FAULTS)[number];

/** A mail server that fails whenever `next` says so, and counts what it took by Message-ID. */
export class HostileSmtp {
  readonly taken = new Map<string, number>();
  readonly faults = new Map<string, number>();
  readonly mails: { readonly id: string; readonly to: string; readonly raw: string }[] = [];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  /** @param answerDelayMs from having a mail to saying so: time for a test to kill somebody in */
  constructor(
    public next: () => Fault | undefined = () => undefined,
    private readonly answerDelayMs = 0,
  ) {
    this.server = createServer((socket) => this.serve(socket));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const address = this.server.address();
    return `smtp://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Resolves when no client is connected: by then everything that a dead one had sent is taken. */
  async idle(): Promise<void> {
    while (this.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    let fault = this.fault();
    if (fault === 'refuse') {
      socket.resetAndDestroy();
      return;
    }
    const say = (line: string) => socket.write(`${line}\r\n`);
    if (fault === '421') {
      socket.end('421 4.3.2 Too busy\r\n');
      return;
    }
    say('220 hostile');
    let buffered = '';
    let data: string | undefined;
    let to = '';
    let isFresh = true;
    const command = (line: string): void => {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'EHLO' || verb === 'HELO') return void say('250 hostile');
      if (verb === 'QUIT') return void socket.end('221 bye\r\n');
      if (verb === 'RCPT' && fault === '451') return void say('451 4.3.0 Come again');
      if (verb === 'RCPT' && fault === '550') return void say('550 5.1.1 Nobody of that name');
      if (verb === 'RCPT' && fault === 'hang') return;
      if (verb === 'MAIL' && !isFresh) {
        fault = this.fault();
        if (fault === 'refuse' || fault === '421') return void socket.destroy();
      }
      if (verb === 'RCPT') to = /<([^>]*)>/.exec(line)?.[1] ?? '';
      if (verb !== 'DATA') return void say('250 ok');
      data = '';
      say('354 go on');
    };
    socket.on('data', (chunk) => {
      buffered += chunk.toString('latin1');
      for (;;) {
        if (data !== undefined) {
          data += buffered;
          buffered = '';
          if (fault === 'close' && data.length > 500) return void socket.destroy();
          const end = data.indexOf('\r\n.\r\n');
          if (end < 0) return;
          buffered = data.slice(end + 5);
          const id = /^message-id:\s*<([^@>]+)@/im.exec(data)?.[1] ?? '';
          this.taken.set(id, (this.taken.get(id) ?? 0) + 1);
          this.mails.push({ id, to, raw: data.slice(0, end) });
          data = undefined;
          if (this.answerDelayMs > 0) setTimeout(() => say('250 taken'), this.answerDelayMs);
          else say('250 taken');
          // The pool keeps the connection: its next mail has a fate of its own.
          isFresh = false;
          continue;
        }
        const end = buffered.indexOf('\r\n');
        if (end < 0) return;
        const line = buffered.slice(0, end);
        buffered = buffered.slice(end + 2);
        command(line);
      }
    });
  }

  private fault(): Fault | undefined {
    const fault = this.next();
    this.faults.set(fault ?? 'none', (this.faults.get(fault ?? 'none') ?? 0) + 1);
    return fault;
  }
}
