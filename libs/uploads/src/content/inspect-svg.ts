import { SvgSanitizer } from '../svg/svg-sanitizer.js';
import { malformed, tooLarge, typeMismatch } from './content-error.js';
import type { Inspector } from './findings.js';

/** An image that people draw is far smaller; parsing more would keep others waiting. */
const MAX_SVG_BYTES = 5 * 1024 * 1024;
const PIECE_BYTES = 65_536;

/** Writes an SVG anew, of what is harmless in it. */
export const inspectSvg: Inspector = async function* (reader) {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const sanitizer = new SvgSanitizer();
  for (let bytes = await reader.takeSome(PIECE_BYTES); bytes; bytes = await reader.takeSome(PIECE_BYTES)) {
    if (reader.position > MAX_SVG_BYTES) throw tooLarge(MAX_SVG_BYTES);
    const clean = sanitizer.write(decode(decoder, bytes));
    if (clean !== '') yield Buffer.from(clean);
  }
  yield Buffer.from(sanitizer.write(decode(decoder)) + sanitizer.end());
};

function decode(decoder: TextDecoder, bytes?: Buffer): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch {
    if (bytes === undefined) throw malformed('it ends within a character');
    throw typeMismatch('The SVG is not in UTF-8.');
  }
}
