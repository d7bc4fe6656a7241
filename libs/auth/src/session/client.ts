import { requestContext } from '#libs/common';
import { sha256 } from '#libs/crypto';

/** From where a session is used. */
export interface Client {
  readonly ip: string;
  readonly userAgent: string;
  /** What the user calls the device. */
  readonly deviceLabel?: string;
}

/** The client of the request being served. */
export function currentClient(deviceLabel?: string): Client {
  const context = requestContext.current();
  return { ip: context?.ip ?? '', userAgent: context?.userAgent ?? '', deviceLabel };
}

/** Tells whether two requests come from the same client, without keeping what tells it. */
export function clientDigest(client: Client): string {
  return sha256(`${client.ip}\n${client.userAgent}`);
}
