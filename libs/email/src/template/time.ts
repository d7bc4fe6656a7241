const WORDS = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

/** An instant in words, in UTC: mails are read in any time zone. */
export function inWords(time: Date): string {
  return `${WORDS.format(time).replace(' at ', ', ')} UTC`;
}
