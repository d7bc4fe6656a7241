import { connect, createServer, type Socket } from 'node:net';

export interface Switch {
  readonly url: string;
  /** From now on whoever connects is turned away, and whoever is connected is cut off. */
  off(): void;
  on(): void;
  close(): Promise<void>;
}

/** A way to a server that can be cut, as a network would. */
export async function openSwitch(target: string): Promise<Switch> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isOn = true;
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    if (!isOn) {
      socket.destroy();
      return;
    }
    const through = connect(Number(port), hostname).on('error', () => socket.destroy());
    sockets.add(through);
    socket.pipe(through).pipe(socket);
    socket.once('close', () => {
      through.destroy();
      sockets.delete(through);
      sockets.delete(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const off = () => {
    isOn = false;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    off,
    on: () => {
      isOn = true;
    },
    close: () => {
      off();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
