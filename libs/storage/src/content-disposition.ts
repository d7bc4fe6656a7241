export interface Disposition {
  readonly type: 'inline' | 'attachment';
  readonly filename: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out here
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069/\\]/g;
const MAX_LENGTH = 200;

/**
 * A `Content-Disposition` value (RFC 6266): the name in ASCII for old clients and in full (RFC 8187) for all others.
 * Path separators, control characters and characters that turn the reading direction become `_`.
 */
export function contentDisposition({ type, filename }: Disposition): string {
  const name = Array.from(filename.toWellFormed().replace(UNSAFE, '_')).slice(0, MAX_LENGTH).join('').trim() || 'file';
  const ascii = name.replace(/[^\x20-\x7e]/g, '_').replace(/["%]/g, '_');
  const quoted = `${type}; filename="${ascii}"`;
  return ascii === name ? quoted : `${quoted}; filename*=UTF-8''${encodeExtended(name)}`;
}

// encodeURIComponent leaves these as they are, which RFC 8187 does not allow.
function encodeExtended(text: string): string {
  return encodeURIComponent(text).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
