import type { ByteReader } from './byte-reader.js';
import { polyglot } from './content-error.js';

// How files and scripts of other kinds begin (ZIP, PDF, markup, PHP, executables, archives).
const SIGNATURES = [
  ...['PK\x03\x04', 'PK\x05\x06', '%PDF-', '<script', '<html', '<body', '<svg', '<!doctype', '<?php', '<?xml', '<%'],
  ...['#!/', '\x7fELF', 'MZ\x90', 'Rar!', '7z\xbc\xaf', '\x1f\x8b\x08', '\xca\xfe\xba\xbe', 'javascript:'],
];
const LONGEST = Math.max(...SIGNATURES.map((signature) => signature.length));

/** Nothing but padding may follow. @throws DomainError `upload_polyglot` */
export async function refuseTrailer(reader: ByteReader): Promise<void> {
  for await (const bytes of reader.rest()) {
    if (bytes.some((byte) => byte !== 0)) throw polyglot('something follows the end of the image');
  }
}

/**
 * Drops what follows: telephones put videos, depth maps and the like there. Not where it is a file of another kind,
 * because then somebody hid it. @throws DomainError `upload_polyglot`
 */
export async function dropTrailer(reader: ByteReader): Promise<void> {
  let before = '';
  for await (const bytes of reader.rest()) {
    const text = before + bytes.toString('latin1').toLowerCase();
    const found = SIGNATURES.find((signature) => text.includes(signature.toLowerCase()));
    if (found !== undefined) throw polyglot('another file follows the end of the image');
    before = text.slice(-LONGEST);
  }
}
