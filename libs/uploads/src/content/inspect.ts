import { fileTypeFromBuffer } from 'file-type';
import { ByteReader } from './byte-reader.js';
import { emptyFile, typeMismatch } from './content-error.js';
import type { FileType } from './file-types.js';
import type { Findings } from './findings.js';

const HEAD_BYTES = 4100;

/**
 * The file as it may be kept: what its type does not need, and all that tells of its author, is taken out while it streams
 * by. Memory does not grow with the file.
 * @throws DomainError `upload_type_mismatch`, `upload_malformed`, `upload_polyglot`, `upload_too_many_pixels`
 */
export async function* inspectContent(
  content: AsyncIterable<Buffer>,
  type: FileType,
  findings: Findings,
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(content);
  const head = await reader.peek(HEAD_BYTES);
  if (head.length === 0) throw emptyFile();
  if (type.signatures.length > 0) {
    const found = await fileTypeFromBuffer(head);
    if (!found) throw typeMismatch('The content is of no type that is known.');
    if (!type.signatures.includes(found.mime)) throw typeMismatch(`The content is ${found.mime}.`);
  }
  yield* type.inspect(reader, findings);
}
