import { timingSafeEqualText } from '#libs/crypto';
import type { MacRenewal } from './credential-use.repository.js';

/** How the secrets of a key or client are stored. */
export interface StoredSecret {
  readonly secretMac: string | null;
  readonly previousMac: string | null;
  readonly previousUntil: string | null;
}

/**
 * Whether one of the stored secrets was given, and how it is to be stored from now on, where an older key of the ring
 * protects it.
 * @param macs what the given secret is by each key of the ring, the first one first
 */
export function findSecret(
  { secretMac, previousMac, previousUntil }: StoredSecret,
  macs: readonly string[],
  now: Date,
): { readonly renewal?: MacRenewal } | undefined {
  const isOverlap = previousUntil !== null && Date.parse(previousUntil) > now.getTime();
  const stored = [
    { property: 'secret_mac', mac: secretMac },
    { property: 'previous_mac', mac: isOverlap ? previousMac : null },
  ] as const;
  // All are compared, whichever fits: the time tells nothing.
  const fits = stored.flatMap(({ property, mac }) =>
    macs.map((given) => mac !== null && timingSafeEqualText(given, mac) && { property, mac }),
  );
  const found = fits.find((fit) => fit !== false);
  const [first] = macs;
  if (!found || first === undefined) return undefined;
  return found.mac === first ? {} : { renewal: { property: found.property, from: found.mac, to: first } };
}
