import { randomBytes } from 'node:crypto';
import speakeasy from 'speakeasy';
import { timingSafeEqualText } from '#libs/crypto';

const STEP_SECONDS = 30;
const DIGITS = 6;
/** How far the clocks of server and telephone may be apart, in steps. */
const DRIFT = 1;
const SECRET_BYTES = 20;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Time-based one-time passwords: RFC 6238 with SHA-1, 30 s and six digits, which every authenticator app knows. */
export class Totp {
  constructor(
    private readonly issuer: string,
    private readonly digits = DIGITS,
  ) {}

  /** A new secret of 160 bits, as base32: what people type where they cannot scan. */
  newSecret(): string {
    let bits = '';
    for (const byte of randomBytes(SECRET_BYTES)) bits += byte.toString(2).padStart(8, '0');
    return bits.replaceAll(/.{5}/g, (five) => BASE32[Number.parseInt(five, 2)] ?? '');
  }

  /** What authenticator apps read from a QR code (the Key URI Format). */
  uri(secret: string, account: string): string {
    const label = `${encodeURIComponent(this.issuer)}:${encodeURIComponent(account)}`;
    const parameters = { secret, issuer: this.issuer, algorithm: 'SHA1', digits: this.digits, period: STEP_SECONDS };
    const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return `otpauth://totp/${label}?${query.join('&')}`;
  }

  code(secret: string, now: Date): string {
    return this.codeAt(secret, stepAt(now));
  }

  /** The time step that `code` is of, the present one or its neighbours; undefined where it is none of theirs. */
  stepOf(secret: string, code: string, now: Date): number | undefined {
    const present = stepAt(now);
    const steps = Array.from({ length: 2 * DRIFT + 1 }, (_, index) => present - DRIFT + index);
    // All are compared, whichever fits: the time tells nothing.
    const fitting = steps.filter((step) => timingSafeEqualText(this.codeAt(secret, step), code));
    return fitting.at(-1);
  }

  private codeAt(secret: string, step: number): string {
    return speakeasy.hotp({ secret, encoding: 'base32', counter: step, digits: this.digits });
  }
}

function stepAt(now: Date): number {
  return Math.floor(now.getTime() / 1000 / STEP_SECONDS);
}
