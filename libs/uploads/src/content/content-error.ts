import { DomainError } from '#libs/common';

/** The bytes are of no type that is allowed, or not of the one that was stated. */
export function typeMismatch(message: string): DomainError {
  return new DomainError('upload_type_mismatch', 'unsupported_media', message);
}

export function malformed(what: string): DomainError {
  return new DomainError('upload_malformed', 'invalid', `The file is broken: ${what}.`);
}

export function polyglot(what: string): DomainError {
  return new DomainError('upload_polyglot', 'invalid', `The file is more than one thing at once: ${what}.`);
}

export function tooManyPixels(width: number, height: number): DomainError {
  const message = `The image of ${width} × ${height} pixels is larger than this installation takes.`;
  return new DomainError('upload_too_many_pixels', 'invalid', message, { details: { width, height } });
}

export function tooLarge(maxBytes: number): DomainError {
  const message = `The file is larger than ${maxBytes} bytes.`;
  return new DomainError('upload_too_large', 'payload_too_large', message, { details: { max_bytes: maxBytes } });
}

export function emptyFile(): DomainError {
  return new DomainError('upload_empty', 'invalid', 'The file is empty.');
}
