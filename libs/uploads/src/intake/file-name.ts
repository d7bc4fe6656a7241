const MAX_LENGTH = 255;
// Control characters, and those that turn the direction of reading around: neither is seen by whoever reads the name.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out here
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A client's name for a file, as it may be shown and sent back: without folders and without what cannot be seen. */
export function cleanFileName(given: string): string {
  const last = given.split(/[/\\]/).at(-1) ?? '';
  const name = last.toWellFormed().normalize('NFC').replace(UNSEEN, '').trim();
  if (name === '' || /^\.+$/.test(name)) return 'file';
  if (name.length <= MAX_LENGTH) return name;
  const extension = extensionOf(name);
  const ending = extension === '' || extension.length > 16 ? '' : `.${extension}`;
  // Half of a pair of surrogates may be left at the cut.
  return name.slice(0, MAX_LENGTH - ending.length).replace(/[\ud800-\udbff]$/, '_') + ending;
}

/** In lower case, without the dot; empty where there is none. */
export function extensionOf(name: string): string {
  const at = name.lastIndexOf('.');
  return at <= 0 ? '' : name.slice(at + 1).toLowerCase();
}
