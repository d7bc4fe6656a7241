import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createChdbConnection } from 'chdb/connection';

export interface ClickHouseFront {
  readonly url: string;
  /** The statements that came in, without their data. */
  readonly statements: string[];
  close(): Promise<void>;
}

/**
 * ClickHouse's HTTP interface, as far as our client uses it, before the real engine (chDB): shows that what we send over
 * the wire is what a server would run, on machines without a server.
 */
export async function clickHouseFront(directory: string): Promise<ClickHouseFront> {
  const engine = createChdbConnection({ path: directory });
  const statements: string[] = [];
  const run = async (request: IncomingMessage): Promise<Buffer> => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const statement = url.searchParams.get('query') ?? '';
    const body = (await buffer(request)).toString('utf8');
    const parameters = [...url.searchParams].filter(([name]) => name.startsWith('param_'));
    statements.push(statement === '' ? body : statement);
    const { stream } = await engine.query({
      query: [statement, body].filter((part) => part !== '').join('\n'),
      query_params: Object.fromEntries(parameters.map(([name, value]) => [name.slice('param_'.length), value])),
    });
    return buffer(stream);
  };
  const server = createServer((request, response) => {
    run(request).then(
      (answer) => response.end(answer),
      (error) => {
        const code = String(Object(error).code);
        response.writeHead(code === '60' ? 404 : 500, { 'X-ClickHouse-Exception-Code': code });
        response.end(`Code: ${code}. DB::Exception: ${error.message} (${Object(error).type}) (version 26.7)`);
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await engine.close();
  };
  return { url: `http://127.0.0.1:${port}`, statements, close };
}
