import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { DomainError } from '#libs/common';

// IANA's special-purpose registries: nothing in here is somebody's public server.
const SPECIAL_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;
// Only 2000::/3 is handed out; these parts of it are tunnels that lead to any IPv4 address, or documentation.
const SPECIAL_IPV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

const special = new BlockList();
for (const [address, prefix] of SPECIAL_IPV4) special.addSubnet(address, prefix, 'ipv4');
for (const [address, prefix] of SPECIAL_IPV6) special.addSubnet(address, prefix, 'ipv6');
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');

type Lookup = (
  host: string,
  options: { all: true; family?: number; hints?: number },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Thrown inside a connection that the guard refuses; carries no address, for it is told to strangers. */
export class RefusedTargetError extends Error {
  override readonly name = 'RefusedTargetError';
}

/** Whether an address is one of the public internet. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !special.check(address, 'ipv4');
  // Mapped addresses (::ffff:127.0.0.1) lie outside of 2000::/3, so they are refused whatever they map.
  return family === 6 && global6.check(address, 'ipv6') && !special.check(address, 'ipv6');
}

/**
 * Keeps the server from being sent where an administrator of providers could not go themselves. An address is judged
 * twice: as it is written, and by {@link lookup} at the moment of connecting, when a name has become addresses.
 */
export class TargetGuard {
  private readonly names = new Set<string>();
  private readonly networks = new BlockList();

  /**
   * @param allowed addresses, networks in CIDR notation or host names that may be private
   * @throws Error where one of them cannot be read
   */
  constructor(
    allowed: readonly string[],
    private readonly resolve: Lookup = systemLookup,
  ) {
    for (const entry of allowed) this.allow(entry);
  }

  /**
   * @returns the parsed URL
   * @throws DomainError `provider_target_refused` where it is not HTTPS, carries a password, or names a private address
   */
  assertAllowed(text: string): URL {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw refused('is no web address');
    if (url.username !== '' || url.password !== '') throw refused('must not carry a name or password');
    const host = hostOf(url);
    if (isIP(host) && !this.isAllowedAddress(host)) throw refused('is not a public address');
    if (isLocalName(host) && !this.names.has(host)) throw refused('is not a public address');
    if (url.protocol === 'http:' && !this.isNamed(host)) throw refused('must begin with https://');
    return url;
  }

  /** For the `lookup` of a socket: only addresses that may be connected to come out, and none where one may not. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    const given = typeof options === 'object' ? options : {};
    const family = given.family === 'IPv4' ? 4 : given.family === 'IPv6' ? 6 : (given.family ?? 0);
    this.resolve(host, { all: true, family, hints: given.hints }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      const isNamed = this.names.has(host.toLowerCase());
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => isNamed || this.isAllowedAddress(address))) {
        return callback(new RefusedTargetError('The provider has no public address.'), '', 0);
      }
      if (given.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };

  private isAllowedAddress(address: string): boolean {
    return isPublicAddress(address) || this.networks.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
  }

  private isNamed(host: string): boolean {
    return isIP(host) ? this.isAllowedAddress(host) && !isPublicAddress(host) : this.names.has(host);
  }

  private allow(entry: string): void {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address);
    if (family === 0) {
      if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(entry)) throw unreadable(entry);
      this.names.add(entry.toLowerCase());
      return;
    }
    const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix);
    if (!/^\d{1,3}$/.test(prefix ?? '0') || bits > (family === 4 ? 32 : 128)) throw unreadable(entry);
    this.networks.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
  }
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').toLowerCase();
}

// Names that never lead outside; all others are judged by what they resolve to.
function isLocalName(host: string): boolean {
  return /(^|\.)(localhost|local|internal|localdomain)\.?$/.test(host);
}

function refused(what: string): DomainError {
  return new DomainError('provider_target_refused', 'unavailable', `The address of the provider ${what}.`);
}

function unreadable(entry: string): Error {
  return new Error(`IMBI_OAUTH_PRIVATE_TARGETS: "${entry}" is no address, network or host name.`);
}
