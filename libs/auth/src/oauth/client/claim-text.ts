// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const CONTROL = /[\u0000-\u001f\u007f]/;

/** What a provider says, where it is text that can be stored and shown; undefined where it says nothing of the kind. */
export function claimText(value: unknown, maxLength: number): string | undefined {
  if (typeof value !== 'string' || value === '' || value.length > maxLength) return undefined;
  return value.isWellFormed() && !CONTROL.test(value) ? value : undefined;
}

export const MAX_SUBJECT_LENGTH = 255;
export const MAX_EMAIL_LENGTH = 254;
export const MAX_NAME_LENGTH = 200;
