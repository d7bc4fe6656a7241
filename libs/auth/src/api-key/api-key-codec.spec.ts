import { describe, expect, it } from '@jest/globals';
import { generateKey, KeyRing } from '#libs/crypto';
import { ApiKeyCodec } from './api-key-codec.js';

const ring = generateKey();
const codec = new ApiKeyCodec(KeyRing.fromSetting(ring));

describe('API keys', () => {
  it('look as documented, and no two are alike', () => {
    const made = Array.from({ length: 200 }, () => codec.make());
    for (const { key, keyId } of made) {
      expect(key).toMatch(/^ik_[0-9A-Za-z]{16}_[0-9A-Za-z]{32}$/);
      expect(key.slice(3, 19)).toBe(keyId);
    }
    expect(new Set(made.map(({ key }) => key)).size).toBe(200);
    expect(new Set(made.map(({ keyId }) => keyId)).size).toBe(200);
  });

  it('are read back to what is stored of them', () => {
    const { key, keyId, mac } = codec.make();
    expect(codec.read(key)).toEqual({ kind: 'api_key', keyId, macs: [mac] });
    expect(mac).not.toContain(key.slice(20));
  });

  it('keep their id when they are given a new secret', () => {
    const first = codec.make();
    const second = codec.make(first.keyId);
    expect(second.keyId).toBe(first.keyId);
    expect(second.key).not.toBe(first.key);
    expect(second.mac).not.toBe(first.mac);
  });

  it('are refused with any one character changed, by the checksum alone', () => {
    const { key } = codec.make();
    for (let index = 3; index < key.length; index += 1) {
      if (key[index] === '_') continue;
      const changed = key.slice(0, index) + (key[index] === 'a' ? 'b' : 'a') + key.slice(index + 1);
      expect([index, codec.read(changed)]).toEqual([index, undefined]);
    }
    for (const text of ['', 'ik_', 'ik_short_short', `${key}x`, key.slice(0, -1), key.toUpperCase()]) {
      expect(codec.read(text)).toBeUndefined();
    }
  });

  it('stay good when the installation gets a new first key', () => {
    const { key, mac } = codec.make();
    const rotated = new ApiKeyCodec(KeyRing.fromSetting(`${generateKey()},${ring}`));
    expect(rotated.read(key)?.macs).toContain(mac);
    expect(rotated.macs(key)[0]).not.toBe(mac);
  });
});
