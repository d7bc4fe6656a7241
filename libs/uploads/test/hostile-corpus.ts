import { animation, pdf, photo, pngOf, without, zip } from './sample-files.js';

/** A file that somebody sends with bad intent, or none, and what must become of it. */
export interface HostileFile {
  readonly what: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer | string;
  readonly outcome: string;
}

const XXE = '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>';
const NS = 'xmlns="http://www.w3.org/2000/svg"';

/** The hostile corpus; each file is sent over HTTP, and docs/uploads.md shows this table. */
export async function hostileCorpus(): Promise<readonly HostileFile[]> {
  const [png, jpeg, gif, webp, avif] = await Promise.all([
    photo('png'),
    photo('jpeg'),
    animation('gif'),
    photo('webp'),
    photo('avif'),
  ]);
  const bomb = zip(Buffer.alloc(10_000_000), 'zeros.bin');
  const html = '<html><script>alert(document.domain)</script></html>';
  const file = (what: string, name: string, type: string, bytes: Buffer | string, outcome: string) => ({
    ...{ what, name, type, bytes, outcome },
  });
  const [mismatch, notAllowed, broken] = ['upload_type_mismatch', 'upload_type_not_allowed', 'upload_malformed'];
  const [poly, pixels] = ['upload_polyglot', 'upload_too_many_pixels'];
  return [
    // Wrong types.
    file('a page called .png', 'a.png', 'image/png', html, mismatch),
    file('a page called .txt', 'a.txt', 'text/plain', html, mismatch),
    file('a page stated as such', 'a.html', 'text/html', html, notAllowed),
    file('a script called .md', 'a.md', 'text/markdown', '#!/bin/sh\nrm -rf /', mismatch),
    file('PHP called .csv', 'a.csv', 'text/csv', '<?php system($_GET["c"]);', mismatch),
    file('a program called .txt', 'a.txt', 'text/plain', Buffer.from('MZ\x90\0\x03\0\0\0', 'latin1'), mismatch),
    file(
      'a program stated as such',
      'a.exe',
      'application/x-msdownload',
      Buffer.from('MZ\x90\0', 'latin1'),
      notAllowed,
    ),
    file('no stated type', 'a.png', 'application/octet-stream', png, notAllowed),
    file('a JPEG called .png', 'a.png', 'image/png', jpeg, mismatch),
    file('a JPEG stated as PNG', 'a.jpg', 'image/png', jpeg, mismatch),
    file('a PNG without an extension', 'logo', 'image/png', png, mismatch),
    file('a PNG with two extensions', 'logo.png.exe', 'image/png', png, mismatch),
    file('an SVG called .png', 'a.png', 'image/png', `<svg ${NS}/>`, mismatch),
    file('a PDF called .txt', 'a.txt', 'text/plain', pdf(), mismatch),
    file('a ZIP bomb called .png', 'bomb.png', 'image/png', bomb, mismatch),
    file('UTF-16 called .txt', 'a.txt', 'text/plain', Buffer.from('\ufeffhello', 'utf16le'), mismatch),
    file('nothing', 'a.png', 'image/png', '', 'upload_empty'),
    // Several files in one.
    file('PNG and ZIP', 'a.png', 'image/png', Buffer.concat([png, zip()]), poly),
    file('PNG and page', 'a.png', 'image/png', Buffer.concat([png, Buffer.from(html)]), poly),
    file('JPEG and ZIP', 'a.jpg', 'image/jpeg', Buffer.concat([jpeg, zip()]), poly),
    file('JPEG and PHP', 'a.jpg', 'image/jpeg', Buffer.concat([jpeg, Buffer.from('<?php echo 1;')]), poly),
    file('GIF and archive of Java', 'a.gif', 'image/gif', Buffer.concat([gif, zip()]), poly),
    file('GIF and script', 'a.gif', 'image/gif', Buffer.concat([gif, Buffer.from('*/=1;alert(1)')]), poly),
    file('WEBP and ZIP', 'a.webp', 'image/webp', Buffer.concat([webp, zip()]), poly),
    file('AVIF and ZIP', 'a.avif', 'image/avif', Buffer.concat([avif, zip()]), broken),
    file('PDF and ZIP', 'a.pdf', 'application/pdf', Buffer.concat([pdf(), zip()]), poly),
    file('PDF that begins as a page', 'a.pdf', 'application/pdf', pdf(html), poly),
    file('PDF after other bytes', 'a.pdf', 'application/pdf', Buffer.concat([Buffer.from('GIF89a'), pdf()]), mismatch),
    file('ZIP with a PDF in it, stored', 'a.zip', 'application/zip', zip('x', '%PDF-1.7.txt'), poly),
    // Broken ones.
    file('a PNG without its end', 'a.png', 'image/png', without(png, 20), broken),
    file('a JPEG without its end', 'a.jpg', 'image/jpeg', without(jpeg, 40), broken),
    file('a GIF without its end', 'a.gif', 'image/gif', without(gif, 20), broken),
    file('a WEBP without its end', 'a.webp', 'image/webp', without(webp, 20), broken),
    file('an AVIF without its end', 'a.avif', 'image/avif', without(avif, 20), broken),
    file('a PDF without its end', 'a.pdf', 'application/pdf', without(pdf(), 20), broken),
    file('a ZIP without its directory', 'a.zip', 'application/zip', without(zip(), 30), broken),
    file('a header and nothing else', 'a.png', 'image/png', png.subarray(0, 8), mismatch),
    file('an unknown critical chunk', 'a.png', 'image/png', pngOf(1, 1, [['EVIL', Buffer.from('x')]]), broken),
    // Too many pixels.
    file('50,000 × 50,000 pixels', 'flood.png', 'image/png', pngOf(50_000, 50_000), pixels),
    file('1 × 60,000 pixels', 'line.png', 'image/png', pngOf(1, 60_000), pixels),
    file('no pixels', 'none.png', 'image/png', pngOf(0, 0), broken),
    // SVG.
    file('SVG with entities', 'a.svg', 'image/svg+xml', `${XXE}<svg ${NS}>&x;</svg>`, broken),
    file('SVG that is no XML', 'a.svg', 'image/svg+xml', `<svg ${NS}><g></svg>`, broken),
    file('XML that is no SVG', 'a.svg', 'image/svg+xml', '<html xmlns="http://www.w3.org/1999/xhtml"/>', mismatch),
    file('SVG in UTF-16', 'a.svg', 'image/svg+xml', Buffer.from(`\ufeff<svg ${NS}/>`, 'utf16le'), mismatch),
    file('an SVG bomb of uses', 'a.svg', 'image/svg+xml', useBomb(), broken),
    file('SVG nested 10,000 deep', 'a.svg', 'image/svg+xml', `<svg ${NS}>${'<g>'.repeat(10_000)}`, broken),
    // Names: kept, under a harmless one.
    file('a name that climbs', '../../../etc/cron.d/x.txt', 'text/plain', 'name 1', 'kept as x.txt'),
    file('a name that climbs on Windows', '..\\..\\x.txt', 'text/plain', 'name 2', 'kept as x.txt'),
    file('a name with a header in it', 'a\r\nSet-Cookie: x=y\r\n.txt', 'text/plain', 'name 3', mismatch),
    file('a name that reads backwards', 'a\u202etxt.exe.txt', 'text/plain', 'name 4', 'kept as atxt.exe.txt'),
    // Harmless ones, so that refusing everything would not do.
    file('a PNG', 'a.PNG', 'image/png', png, 'kept as a.PNG'),
    file('a JPEG', 'a.jpeg', 'image/jpg', jpeg, 'kept as a.jpeg'),
    file('a GIF', 'a.gif', 'image/gif', gif, 'kept as a.gif'),
    file('a WEBP', 'a.webp', 'image/webp', webp, 'kept as a.webp'),
    file('an AVIF', 'a.avif', 'image/avif', avif, 'kept as a.avif'),
    file('an SVG', 'a.svg', 'image/svg+xml', `<svg ${NS}><path d="M0 0h1"/></svg>`, 'kept as a.svg'),
    file('a PDF', 'a.pdf', 'application/pdf', pdf(), 'kept as a.pdf'),
    file('text', 'a.txt', 'text/plain', 'BM is how a bitmap begins, and a sentence may.', 'kept as a.txt'),
    file('Markdown', 'a.md', 'text/markdown', '# Ünïcödé 日本語\n\n<div>fine</div>', 'kept as a.md'),
    file('CSV', 'a.csv', 'text/csv', 'name,team\nÄpfel,core\n', 'kept as a.csv'),
    file('a ZIP bomb called .zip, which nobody unpacks', 'a.zip', 'application/zip', bomb, 'kept as a.zip'),
  ];
}

function useBomb(): string {
  const layers = Array.from(
    { length: 30 },
    (_one, n) => `<g id="l${n + 1}"><use href="#l${n}"/><use href="#l${n}"/></g>`,
  );
  return `<svg ${NS}><g id="l0"><path d="M0 0"/></g>${layers.join('')}<use href="#l30"/></svg>`;
}
