import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { type DiskStorage, serveSignedUrl } from '../src/index.js';

/** The least that can stand in for the api before a disk storage: shows that links need nothing of a framework. */
export async function storageServer(storage: () => DiskStorage): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const { status, headers, body } = await serveSignedUrl(storage(), {
      method: request.method ?? 'GET',
      grant: searchParams.get('grant') ?? '',
      headers: request.headers,
      body: request,
    });
    response.writeHead(status, headers);
    if (body) await pipeline(body, response).catch(() => response.destroy());
    else response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, close };
}
