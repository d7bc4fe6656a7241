import { describe, expect, it } from '@jest/globals';
import { deviceDigest, networkOf } from './device-digest.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const home = { ip: '192.0.2.17', userAgent: FIREFOX };

describe('networkOf', () => {
  it.each([
    ['192.0.2.17', '192.0.2'],
    ['::ffff:192.0.2.17', '192.0.2'],
    ['2001:db8:1:2::3', '2001:db8:1'],
    ['2001:0DB8:0001:2:3:4:5:6', '2001:db8:1'],
    ['2001:db8::1', '2001:db8:0'],
    ['::1', '0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0'],
    ['', ''],
    ['unknown', 'unknown'],
  ])('of %s is %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network);
  });
});

describe('deviceDigest', () => {
  it('stays the same through an update of the program and another address of the network', () => {
    const later = { ip: '192.0.2.200', userAgent: FIREFOX.replaceAll('140.0', '141.2') };
    expect(deviceDigest('ada', later)).toBe(deviceDigest('ada', home));
  });

  it('is another one for another program, network or user', () => {
    const digests = [
      deviceDigest('ada', home),
      deviceDigest('ada', { ...home, userAgent: 'curl/8.5.0' }),
      deviceDigest('ada', { ...home, ip: '198.51.100.17' }),
      deviceDigest('grace', home),
    ];
    expect(new Set(digests).size).toBe(4);
  });
});
