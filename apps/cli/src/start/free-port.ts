import { once } from 'node:events';
import { createServer } from 'node:net';
import { errorMessage } from '#libs/common';
import type { Config } from '#libs/config';
import { UsageError } from '../report-failure.js';

interface Port {
  readonly host: string;
  readonly port: number;
  readonly setting: string;
}

/** The ports that this configuration would listen on; 0 stands for any free one and is not among them. */
export function wantedPorts({ server, mail }: Config): Port[] {
  const ports = [{ host: server.host, port: server.port, setting: 'IMBI_PORT' }];
  if (mail.smtpUrl === undefined) {
    ports.push({ host: '127.0.0.1', port: mail.catcherSmtpPort, setting: 'IMBI_MAIL_CATCHER_SMTP_PORT' });
    ports.push({ host: '127.0.0.1', port: mail.catcherWebPort, setting: 'IMBI_MAIL_CATCHER_WEB_PORT' });
  }
  return ports.filter(({ port }) => port !== 0);
}

/**
 * Before anything is made: a first start that failed at its port would have made an administrator whose password
 * nobody saw.
 * @throws UsageError naming every port that cannot be had, and its setting
 */
export async function assertPortsFree(config: Config): Promise<void> {
  const faults: string[] = [];
  for (const wanted of wantedPorts(config)) {
    const fault = await portFault(wanted);
    if (fault !== undefined) faults.push(fault);
  }
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
}

/** What keeps anybody from listening there, in words; undefined where nothing does. */
export async function portFault({ host, port, setting }: Port): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const other = `or set ${setting} to another one (for example: ${setting}=${port < 60_000 ? port + 1000 : port - 1000}).`;
    if (code === 'EADDRINUSE') return `Port ${port} is in use. Stop what listens there, ${other}`;
    if (code === 'EACCES') return `Port ${port} may not be used by this user. Use a higher one: ${setting}=8300.`;
    return `Port ${port} on ${host} cannot be used: ${errorMessage(error)}. Check IMBI_HOST, ${other}`;
  } finally {
    server.close();
  }
}
