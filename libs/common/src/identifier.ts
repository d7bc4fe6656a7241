import { nanoid } from 'nanoid';

export const ID_LENGTH = 21;
export const ID_PATTERN = /^[A-Za-z0-9_-]{21}$/;
export const SLUG_PATTERN = /^[a-z0-9][a-z0-9-]{0,63}$/;
export const SLUG_MAX_LENGTH = 64;

/** A new 21-character Nano ID (126 random bits). */
export function newId(): string {
  return nanoid(ID_LENGTH);
}

export function isId(text: string): boolean {
  return ID_PATTERN.test(text);
}

export function isSlug(text: string): boolean {
  return SLUG_PATTERN.test(text);
}

/** Makes a slug of any text; `fallback` is used where nothing of the text can stand in a slug. */
export function slugify(text: string, fallback = 'item'): string {
  const slug = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/&/g, ' and ')
    // C, C++ and C# are three things.
    .replace(/\+/g, ' plus ')
    .replace(/#/g, ' sharp ')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, SLUG_MAX_LENGTH)
    .replace(/-+$/, '');
  return slug === '' ? fallback : slug;
}
