import { isIPv4, isIPv6 } from 'node:net';
import { sha256 } from '#libs/crypto';
import type { Client } from './client.js';

/** The groups of an IPv6 address that name a site (/48). */
const SITE_GROUPS = 3;
const GROUPS = 8;
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * What a device of a user is known again by, without keeping what tells it: the kind of program, whatever its version,
 * and the network it came from. An update of a browser or a new address from the same network is no new device.
 */
export function deviceDigest(userId: string, { ip, userAgent }: Client): string {
  return sha256(`${userId}\n${userAgent.replaceAll(/[\d._]+/g, '')}\n${networkOf(ip)}`);
}

/** The network of an address: /24 of IPv4, /48 of IPv6; the text itself where it is no address. */
export function networkOf(ip: string): string {
  const address = MAPPED.exec(ip)?.[1] ?? ip;
  if (isIPv4(address)) return address.split('.').slice(0, 3).join('.');
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? [];
  const first = groupsOf(head);
  const last = groupsOf(tail ?? '');
  const zeros = tail === undefined ? 0 : Math.max(0, GROUPS - first.length - last.length);
  return [...first, ...new Array<string>(zeros).fill('0'), ...last].slice(0, SITE_GROUPS).join(':');
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':').map((group) => group.replace(/^0+(?=.)/, ''));
}
