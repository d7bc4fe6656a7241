import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { contentDisposition } from './content-disposition.js';

const of = (filename: string) => contentDisposition({ type: 'attachment', filename });

describe('contentDisposition', () => {
  it.each([
    ['report.pdf', 'attachment; filename="report.pdf"'],
    ['a b (1).txt', 'attachment; filename="a b (1).txt"'],
    ['naïve.txt', `attachment; filename="na_ve.txt"; filename*=UTF-8''na%C3%AFve.txt`],
    ['say "hi".txt', `attachment; filename="say _hi_.txt"; filename*=UTF-8''say%20%22hi%22.txt`],
    [`it's 100%.txt`, `attachment; filename="it's 100_.txt"; filename*=UTF-8''it%27s%20100%25.txt`],
    ['../../etc/passwd', 'attachment; filename=".._.._etc_passwd"'],
    ['x\r\nSet-Cookie: a=b', 'attachment; filename="x__Set-Cookie: a=b"'],
    ['gpj.\u202eexe', 'attachment; filename="gpj._exe"'],
    ['', 'attachment; filename="file"'],
  ])('names %j', (filename, header) => {
    expect(of(filename)).toBe(header);
  });

  it('gives a header of printable ASCII whose full name decodes, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (filename) => {
        const header = of(filename);
        expect(header).toMatch(
          /^attachment; filename="[\x20-\x21\x23-\x24\x26-\x7e]*"(; filename\*=UTF-8''[\w.!#$&+^`|~%-]*)?$/,
        );
        const encoded = /filename\*=UTF-8''(.*)$/.exec(header)?.[1];
        if (encoded !== undefined) expect(decodeURIComponent(encoded)).not.toMatch(/[/\\\r\n]/);
      }),
    );
  });
});
