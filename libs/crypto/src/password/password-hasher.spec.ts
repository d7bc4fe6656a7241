import { describe, expect, it } from '@jest/globals';
import { isDomainError } from '#libs/common';
import { PasswordHasher, type PasswordHasherOptions } from './password-hasher.js';

// Far below what is safe: these tests are about behaviour, not about cost.
const CHEAP: PasswordHasherOptions = { memoryKib: 1024, passes: 1, lanes: 1, concurrency: 2, maxQueue: 100 };
const hasherWith = (options: Partial<PasswordHasherOptions>) => new PasswordHasher({ ...CHEAP, ...options });

describe('PasswordHasher', () => {
  const hasher = new PasswordHasher(CHEAP);

  it('verifies the password and no other, and salts every hash', async () => {
    const stored = await hasher.hash('correct horse');
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=1024,t=1,p=1\$/);
    expect(await hasher.hash('correct horse')).not.toBe(stored);
    expect(await hasher.verify('correct horse', stored)).toBe(true);
    expect(await hasher.verify('correct horsf', stored)).toBe(false);
    expect(await hasher.verify('', stored)).toBe(false);
  });

  it('takes composed and decomposed spellings for the same password', async () => {
    const stored = await hasher.hash('Zoe\u0308-caf\u00e9');
    expect(await hasher.verify('Zo\u00eb-cafe\u0301', stored)).toBe(true);
  });

  it('does not truncate long passwords', async () => {
    const stored = await hasher.hash(`${'x'.repeat(255)}a`);
    expect(await hasher.verify(`${'x'.repeat(255)}b`, stored)).toBe(false);
  });

  it('computes one hash for an unknown account, a broken record and a known account alike', async () => {
    const stored = await hasher.hash('secret');
    for (const attempt of [
      () => hasher.verify('wrong', stored),
      () => hasher.verify('wrong', 'not a hash'),
      () => hasher.verify('wrong', '$argon2id$broken'),
      () => hasher.dummyVerify('wrong'),
    ]) {
      const before = hasher.hashesComputed;
      expect(await attempt()).toBe(false);
      expect(hasher.hashesComputed - before).toBe(1);
    }
  });

  it('asks for a rehash when the settings rise, not when they fall', async () => {
    const stored = await hasherWith({ memoryKib: 2048, passes: 2 }).hash('secret');
    expect(hasherWith({ memoryKib: 2048, passes: 2 }).needsRehash(stored)).toBe(false);
    expect(hasherWith({ memoryKib: 1024, passes: 1 }).needsRehash(stored)).toBe(false);
    expect(hasherWith({ memoryKib: 4096, passes: 2 }).needsRehash(stored)).toBe(true);
    expect(hasherWith({ memoryKib: 2048, passes: 3 }).needsRehash(stored)).toBe(true);
    expect(hasher.needsRehash('$2b$10$something')).toBe(true);
  });

  it('refuses with a time to retry when its queue is full, and recovers', async () => {
    const small = hasherWith({ concurrency: 1, maxQueue: 2 });
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => small.dummyVerify('x')));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused).toHaveLength(7);
    for (const error of refused) {
      expect(isDomainError(error) && [error.code, error.kind, error.retryAfterSeconds]).toEqual([
        'password_hashing_busy',
        'unavailable',
        1,
      ]);
    }
    expect(small.hashesComputed).toBe(3);
    await expect(small.dummyVerify('x')).resolves.toBe(false);
  });
});
