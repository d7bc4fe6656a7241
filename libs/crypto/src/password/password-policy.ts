import type { FieldError } from '#libs/common';
import { effectiveLength } from './predictability.js';

export type PasswordProfile = 'adr' | 'asvs';

export interface PasswordPolicyOptions {
  profile: PasswordProfile;
  /** The fewest characters (code points after NFC). */
  minLength: number;
}

/** Whose password it is to be: nothing of this may carry it. */
export interface PasswordOwner {
  email?: string;
  name?: string;
}

const MAX_LENGTH = 256;
// Below this many unpredictable characters an online attacker with a word list gets there.
const MIN_EFFECTIVE_LENGTH = 8;

const CLASSES: readonly { code: string; pattern: RegExp; words: string }[] = [
  { code: 'missing_upper', pattern: /\p{Lu}/u, words: 'an upper-case letter' },
  { code: 'missing_lower', pattern: /\p{Ll}/u, words: 'a lower-case letter' },
  { code: 'missing_digit', pattern: /\p{Nd}/u, words: 'a digit' },
  { code: 'missing_special', pattern: /[^\p{L}\p{N}\s]/u, words: 'a special character' },
];

/** The one judge of new passwords, whoever sets them: user, administrator, reset or first start. */
export class PasswordPolicy {
  constructor(private readonly options: PasswordPolicyOptions) {}

  /** Every fault of the password, none when it will do; `pointer` is where it stands in the request. */
  check(password: string, owner: PasswordOwner = {}, pointer = '/password'): FieldError[] {
    const text = password.normalize('NFC');
    const length = [...text].length;
    const faults = [...this.lengthFaults(text, length), ...this.profileFaults(text, owner)];
    return faults.map((fault) => ({ pointer, ...fault }));
  }

  private lengthFaults(text: string, length: number): Omit<FieldError, 'pointer'>[] {
    const { minLength } = this.options;
    if (length < minLength) return [{ code: 'too_short', message: `Use at least ${minLength} characters.` }];
    if (length > MAX_LENGTH) return [{ code: 'too_long', message: `Use at most ${MAX_LENGTH} characters.` }];
    if (text.includes('\0') || !text.isWellFormed()) {
      return [{ code: 'not_text', message: 'Use well-formed Unicode text without U+0000.' }];
    }
    return [];
  }

  private profileFaults(text: string, owner: PasswordOwner): Omit<FieldError, 'pointer'>[] {
    if (this.options.profile === 'adr') {
      return CLASSES.filter(({ pattern }) => !pattern.test(text)).map(({ code, words }) => ({
        code,
        message: `Use ${words}.`,
      }));
    }
    // Judged only up to the longest allowed: the work is quadratic in the length.
    if (effectiveLength(text.slice(0, MAX_LENGTH), personalWords(owner)) >= MIN_EFFECTIVE_LENGTH) return [];
    const message = 'Too easy to guess: it is made of common words, sequences, repetitions or your own name.';
    return [{ code: 'too_common', message }];
  }
}

function personalWords({ email = '', name = '' }: PasswordOwner): string[] {
  const parts = [...email.split(/[@._+-]+/), ...name.split(/[\s.'-]+/)];
  return [email, name, ...parts].filter((word) => word !== '');
}
