import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isPublicAddress, RefusedTargetError, TargetGuard } from './target-guard.js';

const guard = new TargetGuard([]);

function connect(target: TargetGuard, host: string, all: boolean): Promise<unknown> {
  return new Promise((resolve) => target.lookup(host, { all }, (error, address) => resolve(error ?? address)));
}

function resolvingTo(addresses: readonly string[], allowed: readonly string[] = []): TargetGuard {
  return new TargetGuard(allowed, (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })),
    ),
  );
}

describe('isPublicAddress', () => {
  it.each([
    ['0.0.0.0', 'this host'],
    ['10.0.0.1', 'private'],
    ['10.255.255.255', 'private'],
    ['100.64.0.1', 'carrier-grade NAT'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['169.254.169.254', 'cloud metadata'],
    ['169.254.0.1', 'link-local'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.0.0.192', 'cloud metadata of Oracle'],
    ['192.168.0.1', 'private'],
    ['192.88.99.1', '6to4 relay'],
    ['198.18.0.1', 'benchmarks'],
    ['224.0.0.1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['100.100.100.200', 'cloud metadata of Alibaba'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'mapped loopback'],
    ['::ffff:7f00:1', 'mapped loopback'],
    ['::ffff:8.8.8.8', 'mapped'],
    ['::127.0.0.1', 'compatible loopback'],
    ['64:ff9b::7f00:1', 'translated loopback'],
    ['2001::1', 'Teredo'],
    ['2001:db8::1', 'documentation'],
    ['2002:7f00:1::', '6to4 of loopback'],
    ['fc00::1', 'unique local'],
    ['fd00:ec2::254', 'cloud metadata of AWS'],
    ['fe80::1', 'link-local'],
    ['fec0::1', 'site-local'],
    ['ff02::1', 'multicast'],
    ['not an address', 'nothing'],
  ])('says no to %s (%s)', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '172.15.255.255',
    '172.32.0.1',
    '192.167.1.1',
    '2606:4700:4700::1111',
    '2a00:1450::1',
  ])('says yes to %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe('TargetGuard.assertAllowed', () => {
  it.each([
    'http://id.example.org',
    'ftp://id.example.org',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://user:password@id.example.org',
    'https://127.0.0.1',
    'https://127.1',
    'https://2130706433',
    'https://0x7f000001',
    'https://0177.0.0.1',
    'https://[::1]',
    'https://[::ffff:127.0.0.1]',
    'https://[::ffff:a9fe:a9fe]',
    'https://169.254.169.254/latest/meta-data',
    'https://10.1.2.3:8443',
    'https://localhost',
    'https://LOCALHOST.',
    'https://id.localhost',
    'https://metadata.google.internal',
    'https://printer.local',
    'https://①②⑦.0.0.1',
    'not an address',
    '',
  ])('refuses %j', (address) => {
    expect(() => guard.assertAllowed(address)).toThrow(expect.objectContaining({ code: 'provider_target_refused' }));
  });

  it.each([
    'https://id.example.org',
    'https://id.example.org:8443/realms/a',
    'https://1.1.1.1',
    'https://[2a00:1450::1]',
  ])('lets %j pass', (address) => {
    expect(guard.assertAllowed(address).href).toContain('https://');
  });

  it('lets pass what the settings name, without TLS too, and nothing beside it', () => {
    const own = new TargetGuard(['10.20.0.0/16', '192.168.1.5', 'ID.corp.example.org', 'fd12::/32']);
    for (const address of [
      'http://10.20.255.1',
      'https://10.20.0.1',
      'http://192.168.1.5:8080',
      'http://id.corp.example.org',
      'http://[fd12::1]',
    ]) {
      expect(own.assertAllowed(address).href).toContain('://');
    }
    for (const address of ['http://10.21.0.1', 'https://192.168.1.6', 'http://corp.example.org', 'http://1.1.1.1']) {
      expect(() => own.assertAllowed(address)).toThrow(expect.objectContaining({ code: 'provider_target_refused' }));
    }
  });

  it.each(['10.0.0.0/33', '10.0.0.0/x', 'http://id.example.org', 'a b'])('cannot be told to allow %j', (entry) => {
    expect(() => new TargetGuard([entry])).toThrow(`IMBI_OAUTH_PRIVATE_TARGETS: "${entry}"`);
  });
});

describe('TargetGuard.lookup', () => {
  it('judges what a name has become at the moment of connecting (DNS rebinding)', async () => {
    const answers = [['1.1.1.1'], ['127.0.0.1']];
    const rebinding = new TargetGuard([], (_host, _options, callback) =>
      callback(
        null,
        (answers.shift() ?? []).map((address) => ({ address, family: 4 })),
      ),
    );
    expect(await connect(rebinding, 'rebind.example.org', false)).toBe('1.1.1.1');
    expect(await connect(rebinding, 'rebind.example.org', false)).toBeInstanceOf(RefusedTargetError);
  });

  it.each([true, false])('refuses a name with one private address among public ones (all: %s)', async (all) => {
    const mixed = resolvingTo(['1.1.1.1', '10.0.0.1']);
    expect(await connect(mixed, 'mixed.example.org', all)).toBeInstanceOf(RefusedTargetError);
    expect(await connect(resolvingTo([]), 'empty.example.org', all)).toBeInstanceOf(RefusedTargetError);
  });

  it('gives all addresses where it is asked for all', async () => {
    const both = [
      { address: '1.1.1.1', family: 4 },
      { address: '2606:4700::1', family: 6 },
    ];
    expect(await connect(resolvingTo(['1.1.1.1', '2606:4700::1']), 'id.example.org', true)).toEqual(both);
  });

  it('lets a name that the settings allow be private, and no other name', async () => {
    const own = resolvingTo(['10.0.0.1'], ['id.corp.example.org']);
    expect(await connect(own, 'id.corp.example.org', false)).toBe('10.0.0.1');
    expect(await connect(own, 'id.example.org', false)).toBeInstanceOf(RefusedTargetError);
  });

  it('never lets an IPv4 address out of the private networks, however it is written', () => {
    const privates = fc.oneof(
      fc.tuple(fc.constant(10), fc.nat(255), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(127), fc.nat(255), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(192), fc.constant(168), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), fc.nat(255), fc.nat(255)),
    );
    fc.assert(
      fc.property(privates, fc.constantFrom('dotted', 'number', 'hex', 'mapped'), (octets, notation) => {
        const number = octets.reduce((sum, octet) => sum * 256 + octet, 0);
        const host = {
          dotted: octets.join('.'),
          number: String(number),
          hex: `0x${number.toString(16)}`,
          mapped: `[::ffff:${octets.join('.')}]`,
        }[notation];
        expect(() => guard.assertAllowed(`https://${host}/`)).toThrow();
      }),
    );
  });
});
