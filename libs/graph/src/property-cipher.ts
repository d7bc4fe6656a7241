/** Turns the text of `encrypted` properties into what is stored and back; libs/crypto has the real one. */
export interface PropertyCipher {
  encrypt(plainText: string): string;
  decrypt(stored: string): string;
}

/** For a graph without encrypted properties: refuses to store or read one in the clear. */
export const noCipher: PropertyCipher = {
  encrypt() {
    throw new Error('an encrypted property was written, but the graph was given no cipher');
  },
  decrypt() {
    throw new Error('an encrypted property was read, but the graph was given no cipher');
  },
};
