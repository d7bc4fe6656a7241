import { hash } from 'node:crypto';
import { DomainError } from '#libs/common';

const DIGEST_LENGTH = 11;
const TAG = new RegExp(`^([1-9][0-9]{0,14}|0)(?:\\.[A-Za-z0-9_-]{${DIGEST_LENGTH}})?$`);

/** With `body`, a tag that tells apart what the version does not: the same version with other embedded fields. */
export function entityTag(version: number, body?: string): string {
  if (body === undefined) return `"${version}"`;
  return `"${version}.${hash('sha256', body, 'base64url').slice(0, DIGEST_LENGTH)}"`;
}

/**
 * The version that `If-Match` expects; undefined where there is no header or it is `*` (any version will do). What a tag
 * says beyond the version is not looked at: a write cannot undo what happened to other things (ADR 0048).
 * @throws DomainError `malformed_precondition` (400) where it is no entity tag, `precondition_failed` (412) where it is
 *   one that cannot match: a weak tag (RFC 9110 §13.1.1) or one that no answer of ours ever carried
 */
export function parseIfMatch(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const tags = parseTags(header, 'If-Match');
  const [tag] = tags;
  if (!tag || tags.length > 1) throw malformed('If-Match', 'must be one entity tag');
  if (tag.weak) throw failed('A weak entity tag does not identify a version; send the ETag as it was given.');
  const version = TAG.exec(tag.value)?.[1];
  if (version === undefined) throw failed('The entity tag in If-Match is none of this resource.');
  return Number(version);
}

/** Whether `If-None-Match: *` asks that the resource must not exist yet. */
export function parseIfNoneMatchAny(header: string | undefined): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  throw malformed('If-None-Match', 'can only be * on a write');
}

/** Whether `If-None-Match` of a read names the present tag (weak comparison); a broken header matches nothing. */
export function matchesNone(header: string, tag: string): boolean {
  if (header === tag || header.trim() === '*') return true;
  return header.split(',').some((part) => part.trim().replace(/^W\//, '') === tag);
}

export function preconditionRequired(): DomainError {
  return new DomainError(
    'precondition_required',
    'precondition_required',
    'Send If-Match with the ETag of the resource.',
  );
}

function parseTags(header: string, name: string): { weak: boolean; value: string }[] {
  return header.split(',').map((part) => {
    const match = /^(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/.exec(part.trim());
    if (!match) throw malformed(name, 'must be an entity tag such as "3"');
    return { weak: match[1] !== undefined, value: match[2] ?? '' };
  });
}

function malformed(header: string, message: string): DomainError {
  return new DomainError('malformed_precondition', 'malformed', `${header} ${message}.`);
}

function failed(message: string): DomainError {
  return new DomainError('precondition_failed', 'precondition_failed', message);
}
