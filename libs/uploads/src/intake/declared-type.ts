import { DomainError } from '#libs/common';
import { typeMismatch } from '../content/content-error.js';
import { canonicalType, type FileType, fileType } from '../content/file-types.js';
import { extensionOf } from './file-name.js';

export interface DeclaredType {
  /** Such as `image/png`. */
  readonly name: string;
  readonly type: FileType;
}

/**
 * The type that a file is said to have, by its part of the form and by its name, which must agree.
 * @throws DomainError `upload_type_not_allowed`, `upload_type_mismatch`
 */
export function declaredType(contentType: string, filename: string, allowed: ReadonlySet<string>): DeclaredType {
  const [stated = ''] = contentType.split(';');
  const name = canonicalType(stated.trim().toLowerCase());
  const type = fileType(name);
  if (!type || !allowed.has(name)) {
    const message = `Files of type "${stated.trim()}" are not taken. State the file's own type as the Content-Type of its part of the form.`;
    throw new DomainError('upload_type_not_allowed', 'unsupported_media', message, {
      details: { allowed: [...allowed].sort() },
    });
  }
  const extension = extensionOf(filename);
  if (!type.extensions.includes(extension)) {
    const expected = type.extensions.map((one) => `.${one}`).join(' or ');
    throw typeMismatch(`A file of type ${name} must be called ${expected}, not "${extension && `.${extension}`}".`);
  }
  return { name, type };
}
