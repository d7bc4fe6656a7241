import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Fernet, FernetError } from './fernet.js';
import { generateKey, KeyRing } from './key-ring.js';

// The acceptance vectors of https://github.com/fernet/spec (generate.json, verify.json, invalid.json; version 0x80).
const SECRET = 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=';
const HELLO = 'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==';
const ONE_SECOND_LATER = '1985-10-26T01:20:01-07:00';
const INVALID = [
  {
    description: 'incorrect mac',
    token: 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==',
    now: ONE_SECOND_LATER,
    fault: 'not_ours',
  },
  {
    description: 'too short',
    token: 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==',
    now: ONE_SECOND_LATER,
    fault: 'malformed',
  },
  {
    description: 'invalid base64',
    token: '%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==',
    now: ONE_SECOND_LATER,
    fault: 'malformed',
  },
  {
    description: 'payload size not multiple of block size',
    token: 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm',
    now: ONE_SECOND_LATER,
    fault: 'malformed',
  },
  {
    description: 'payload padding error',
    token: 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==',
    now: ONE_SECOND_LATER,
    fault: 'malformed',
  },
  {
    description: 'far-future TS (unacceptable clock skew)',
    token: 'gAAAAAAdwStRAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAnja1xKYyhd-Y6mSkTOyTGJmw2Xc2a6kBd-iX9b_qXQcw==',
    now: ONE_SECOND_LATER,
    fault: 'from_the_future',
  },
  {
    description: 'expired TTL',
    token: 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==',
    now: '1985-10-26T01:21:31-07:00',
    fault: 'expired',
  },
  {
    description: 'incorrect IV (causes padding error)',
    token: 'gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==',
    now: ONE_SECOND_LATER,
    fault: 'malformed',
  },
  {
    description: 'trailing characters after b64 padding',
    token: `${HELLO}trailingdata`,
    now: ONE_SECOND_LATER,
    fault: 'malformed',
  },
  {
    description: 'invalid characters in b64',
    token: '*gAAAAAAdwJ6wAAECAwQFBgcI!CQoLDA0ODy021?cpGVWKZ_eEwC@GM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==',
    now: ONE_SECOND_LATER,
    fault: 'malformed',
  },
  {
    description: 'invalid non-urlsafe characters in b64',
    token: 'gAAAAAAdwJ6wAAEC/AwQFBgcICQoLDA0ODy+021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==',
    now: ONE_SECOND_LATER,
    fault: 'malformed',
  },
];

function faultOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof FernetError ? error.fault : String(error);
  }
}

describe('Fernet, by the vectors of its specification', () => {
  const fernet = new Fernet(SECRET);

  it('generates the published token', () => {
    const iv = Uint8Array.from({ length: 16 }, (_, index) => index);
    expect(fernet.sealWith('hello', new Date('1985-10-26T01:20:00-07:00'), iv)).toBe(HELLO);
  });

  it('opens the published token within its time to live', () => {
    const plain = fernet.open(HELLO, { ttlSeconds: 60, now: new Date(ONE_SECOND_LATER) });
    expect(plain.toString()).toBe('hello');
  });

  it.each(INVALID)('refuses: $description', ({ token, now, fault }) => {
    expect(faultOf(() => fernet.open(token, { ttlSeconds: 60, now: new Date(now) }))).toBe(fault);
  });
});

describe('Fernet', () => {
  it('gives back what was sealed, whatever the bytes', () => {
    const fernet = new Fernet(generateKey());
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (plain) => {
        expect(new Uint8Array(fernet.open(fernet.seal(plain)))).toEqual(plain);
      }),
    );
  });

  it('refuses a token with any one bit changed', () => {
    const fernet = new Fernet(generateKey());
    const bytes = Buffer.from(fernet.seal('a secret of some length'), 'base64url');
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        const token = changed.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
        expect(faultOf(() => fernet.open(token))).toMatch(/malformed|not_ours/);
      }),
    );
  });

  it.each(['', 'short', `${'a'.repeat(43)}b=`, `${SECRET}x`])('refuses "%s" as a key', (key) => {
    expect(() => new Fernet(key)).toThrow('A Fernet key is 32 bytes');
  });
});

describe('KeyRing', () => {
  const [oldKey, newKey] = [generateKey(), generateKey()];

  it('encrypts with the first key and decrypts with all', () => {
    const token = new KeyRing([oldKey]).encrypt('secret');
    expect(new KeyRing([newKey, oldKey]).decryptText(token)).toBe('secret');
    expect(faultOf(() => new KeyRing([newKey]).decrypt(token))).toBe('not_ours');
    const fresh = new KeyRing([newKey, oldKey]).encrypt('secret');
    expect(faultOf(() => new KeyRing([oldKey]).decrypt(fresh))).toBe('not_ours');
  });

  it('re-encrypts what is under an older key, and keeps its time', () => {
    const ring = new KeyRing([newKey, oldKey]);
    const past = new Date(Date.now() - 3_600_000);
    const moved = ring.reencrypt(new Fernet(oldKey).seal('secret', past));
    expect(moved && new KeyRing([newKey]).decryptText(moved)).toBe('secret');
    expect(faultOf(() => ring.decrypt(moved ?? '', { ttlSeconds: 60 }))).toBe('expired');
    expect(ring.reencrypt(ring.encrypt('secret'))).toBeUndefined();
  });

  it('reads its setting with commas, spaces and missing padding', () => {
    const ring = KeyRing.fromSetting(` ${newKey.replace('=', '')}, ${oldKey}\n`);
    expect(ring.ids).toEqual(new KeyRing([newKey, oldKey]).ids);
    expect(() => KeyRing.fromSetting(' , ')).toThrow('at least one key');
  });

  it('derives a key of its own for each purpose from each key', () => {
    const ring = new KeyRing([newKey, oldKey]);
    const keys = [...ring.derive('links'), ...ring.derive('pepper')].map((key) => key.toString('hex'));
    expect(new Set(keys).size).toBe(4);
    expect(new KeyRing([oldKey]).derive('links')[0]).toEqual(ring.derive('links')[1]);
  });
});
