import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port that nobody else gets until it is released. */
export interface HeldPort {
  readonly port: number;
  release(): Promise<void>;
}

/** A free port, for whoever must know its number before it can listen there. */
export async function holdFreePort(host: string): Promise<HeldPort> {
  const server = createServer((socket) => socket.destroy());
  server.listen({ host, port: 0, exclusive: true });
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('There is no port to be had');
  const release = async () => {
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return { port: bound.port, release };
}
