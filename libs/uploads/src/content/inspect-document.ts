import { malformed, polyglot, typeMismatch } from './content-error.js';
import type { Inspector } from './findings.js';

const PDF_END_WITHIN = 1024;
const ZIP_STARTS = ['PK\x03\x04', 'PK\x05\x06'];
const ZIP_END = Buffer.from('PK\x05\x06', 'latin1');
const ZIP_END_BYTES = 22;
const TAIL_BYTES = ZIP_END_BYTES + 0xffff;
const HEAD_BYTES = 1024;

/** The last bytes of what went through it. */
class Tail {
  private chunks: Buffer[] = [];
  private length = 0;

  add(bytes: Buffer): void {
    this.chunks.push(bytes);
    this.length += bytes.length;
    for (let [first] = this.chunks; first && this.length - first.length >= TAIL_BYTES; [first] = this.chunks) {
      this.chunks.shift();
      this.length -= first.length;
    }
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

/** A PDF from its first byte to its end mark, and nothing else besides. */
export const inspectPdf: Inspector = async function* (reader) {
  const head = (await reader.peek(HEAD_BYTES)).toString('latin1');
  if (!/^%PDF-[12]\.\d/.test(head)) throw malformed('it does not begin as a PDF does');
  if (/<(script|html|body|svg|!doctype|\?php)/i.test(head)) throw polyglot('there is markup at its beginning');
  const tail = new Tail();
  for await (const bytes of reader.rest()) {
    tail.add(bytes);
    yield bytes;
  }
  const end = tail.bytes;
  if (!end.subarray(-PDF_END_WITHIN).includes('%%EOF')) throw malformed('it ends too early');
  if (isZipEnd(end)) throw polyglot('it can also be read as a ZIP archive');
};

/** A ZIP archive from its first byte to its directory. Nothing here ever unpacks it. */
export const inspectZip: Inspector = async function* (reader) {
  const head = (await reader.peek(HEAD_BYTES)).toString('latin1');
  if (!ZIP_STARTS.some((start) => head.startsWith(start))) throw malformed('it does not begin as an archive does');
  if (head.includes('%PDF-')) throw polyglot('it can also be read as a PDF');
  const tail = new Tail();
  for await (const bytes of reader.rest()) {
    tail.add(bytes);
    yield bytes;
  }
  if (!isZipEnd(tail.bytes)) throw malformed('it has no directory at its end');
};

/** Whether a ZIP archive ends here: its end record, with a comment of just the bytes that are left. */
function isZipEnd(tail: Buffer): boolean {
  for (let at = tail.lastIndexOf(ZIP_END); at !== -1; at = at === 0 ? -1 : tail.lastIndexOf(ZIP_END, at - 1)) {
    if (at + ZIP_END_BYTES > tail.length) continue;
    if (at + ZIP_END_BYTES + tail.readUInt16LE(at + 20) === tail.length) return true;
  }
  return false;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f\u007f]/;
const OTHER_KIND = /^(<(!doctype|html|head|body|script|style|svg|iframe|\?xml|\?php)|<%|%PDF-|%!PS|\{\\rtf|#!)/i;

/** Text in UTF-8 without control characters, which does not begin as a page, a script or a document does. */
export const inspectText: Inspector = async function* (reader) {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Buffer) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw typeMismatch('The file is no text in UTF-8.');
    }
  };
  let beginning = '';
  let isChecked = false;
  const check = () => {
    if (OTHER_KIND.test(beginning.trimStart())) throw typeMismatch('The file is markup or a script, not plain text.');
    isChecked = true;
  };
  for await (const bytes of reader.rest()) {
    const text = decode(bytes);
    if (CONTROL.test(text)) throw typeMismatch('The file has control characters, which text has not.');
    if (!isChecked) {
      beginning += text;
      if (beginning.trimStart().length >= 16) check();
    }
    yield bytes;
  }
  decode();
  if (!isChecked) check();
};
