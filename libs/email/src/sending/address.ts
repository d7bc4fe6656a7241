import { assertHeader } from '../template/render.js';

/** @throws Error where the text is no bare e-mail address */
export function assertAddress(address: string): void {
  assertHeader('To', address);
  // Anything else in there could be a second recipient, or a display name.
  if (!/^[^\s@<>(),;:"[\]\\]+@[^\s@<>(),;:"[\]\\]+$/.test(address))
    throw new Error('The recipient is no e-mail address');
}
