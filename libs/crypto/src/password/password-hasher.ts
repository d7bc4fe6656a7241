import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { hash as argon2Hash, verify as argon2Verify, type Options, parseOptions } from '@node-rs/argon2';
import { BoundedRunner } from './bounded-runner.js';

export interface PasswordHasherOptions {
  /** Argon2id m, in KiB. */
  memoryKib: number;
  /** Argon2id t. */
  passes: number;
  /** Argon2id p. */
  lanes: number;
  /** Hashes computed at once; 0 means one a core, at most {@link MAX_DEFAULT_CONCURRENCY}. */
  concurrency: number;
  /** Hashes that may wait for their turn. */
  maxQueue: number;
}

// Argon2 runs on libuv's pool, four threads unless UV_THREADPOOL_SIZE says otherwise; one is left for files and DNS.
const MAX_DEFAULT_CONCURRENCY = 3;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
// `Algorithm.Argon2id` of the package is a const enum, which isolated modules cannot read.
const ARGON2ID = 2;

/**
 * Argon2id password hashes, as PHC strings, computed off the event loop with bounded concurrency. Every method that
 * hashes throws DomainError `password_hashing_busy` (unavailable) when its queue is full.
 */
export class PasswordHasher {
  private readonly runner: BoundedRunner;
  private readonly argon2: Options;
  private readonly decoy: string;
  private computed = 0;

  constructor(private readonly options: PasswordHasherOptions) {
    const concurrency = options.concurrency || Math.min(availableParallelism(), MAX_DEFAULT_CONCURRENCY);
    this.runner = new BoundedRunner(concurrency, options.maxQueue);
    this.argon2 = {
      algorithm: ARGON2ID,
      memoryCost: options.memoryKib,
      timeCost: options.passes,
      parallelism: options.lanes,
      outputLen: HASH_BYTES,
    };
    this.decoy = decoyHash(options);
  }

  /** Argon2 runs since the start, verifications included: how tests prove that every sign-in costs the same. */
  get hashesComputed(): number {
    return this.computed;
  }

  async hash(password: string): Promise<string> {
    return this.run(() => argon2Hash(normalize(password), this.argon2));
  }

  /** False for a wrong password and for a stored text that is no Argon2 hash. */
  async verify(password: string, stored: string): Promise<boolean> {
    if (!isArgon2id(stored)) return this.dummyVerify(password);
    return this.run(() => argon2Verify(stored, normalize(password)));
  }

  /** Costs what {@link verify} costs and is always false: for accounts that do not exist or have no password. */
  async dummyVerify(password: string): Promise<false> {
    await this.run(() => argon2Verify(this.decoy, normalize(password)));
    return false;
  }

  /** Whether a stored hash is weaker than the settings now ask for (or is not Argon2id at all). */
  needsRehash(stored: string): boolean {
    if (!isArgon2id(stored)) return true;
    const { memoryCost, timeCost, parallelism, outputLen } = parseOptions(stored);
    const { memoryKib, passes, lanes } = this.options;
    return memoryCost < memoryKib || timeCost < passes || parallelism !== lanes || outputLen < HASH_BYTES;
  }

  private run<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.runner.run(() => {
      this.computed += 1;
      return work();
    });
  }
}

// The same text can be typed in several code point sequences, depending on the keyboard.
function normalize(password: string): string {
  return password.normalize('NFC');
}

function isArgon2id(stored: string): boolean {
  if (!stored.startsWith('$argon2id$')) return false;
  try {
    parseOptions(stored);
    return true;
  } catch {
    return false;
  }
}

/** A well-formed hash that no password has, made without computing one. */
function decoyHash({ memoryKib, passes, lanes }: PasswordHasherOptions): string {
  const text = (bytes: number) => randomBytes(bytes).toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${text(SALT_BYTES)}$${text(HASH_BYTES)}`;
}
