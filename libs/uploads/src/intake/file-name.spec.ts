import { describe, expect, it } from '@jest/globals';
import { cleanFileName, extensionOf } from './file-name.js';

describe('the name of a file', () => {
  it.each([
    ['report.pdf', 'report.pdf'],
    ['../../etc/passwd.txt', 'passwd.txt'],
    ['..\\..\\windows\\system32\\a.png', 'a.png'],
    ['/absolute/path/logo.svg', 'logo.svg'],
    ['x\r\nSet-Cookie: a=b.png', 'xSet-Cookie: a=b.png'],
    ['nul\u0000byte.png', 'nulbyte.png'],
    ['gnp.\u202eexe.png', 'gnp.exe.png'],
    ['  spaced  .txt ', 'spaced  .txt'],
    ['..', 'file'],
    ['', 'file'],
    ['u\u0308bersicht.md', 'übersicht.md'],
    ['lone\ud800.md', 'lone\ufffd.md'],
    ['日本語 🎉.csv', '日本語 🎉.csv'],
  ])('%j becomes %j', (given, clean) => {
    expect(cleanFileName(given)).toBe(clean);
  });

  it('keeps its extension when it is shortened', () => {
    const clean = cleanFileName(`${'long '.repeat(100)}.png`);
    expect(clean).toHaveLength(255);
    expect(clean.endsWith('.png')).toBe(true);
  });

  it.each([
    ['a.PNG', 'png'],
    ['archive.tar.zip', 'zip'],
    ['README', ''],
    ['.gitignore', ''],
    ['dot.', ''],
  ])('%j ends with %j', (name, extension) => {
    expect(extensionOf(name)).toBe(extension);
  });
});
