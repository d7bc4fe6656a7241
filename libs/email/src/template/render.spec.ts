import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { COMPILED } from './compiled.gen.js';
import { oneLine, renderMail } from './render.js';
import { SAMPLES, TEMPLATE_NAMES } from './template-variables.js';

const common = { home_url: 'https://imbi.example.org', home_name: 'imbi.example.org' };
// What Gmail shows of a mail before it cuts it off.
const GMAIL_LIMIT = 102 * 1024;

describe.each(TEMPLATE_NAMES)('the mail %s', (name) => {
  const { subject, html, text } = renderMail(name, { ...SAMPLES[name] }, common);
  const body = html.slice(html.indexOf('<body'));

  it('fills every placeholder, in subject, HTML and text', () => {
    expect(`${subject}${html}${text}`).not.toMatch(/\{\{|\}\}|undefined/);
    expect(subject.length).toBeLessThan(80);
  });

  it('is laid out by tables with inline styles that every client understands', () => {
    expect(Buffer.byteLength(html)).toBeLessThan(GMAIL_LIMIT);
    expect(body).toMatch(/<table[^>]*role="presentation"/);
    expect(body).not.toMatch(/display:\s*(flex|grid)|position:\s*(absolute|fixed)|var\(--/);
    for (const table of body.match(/<table[^>]*>/g) ?? []) expect(table).toMatch(/cellpadding|cellspacing/);
    for (const link of body.match(/<a [^>]*>/g) ?? []) expect(link).toMatch(/href="https?:|href="\{\{/);
    expect(html).toMatch(/<html[^>]* lang="en"/);
    expect(html).toMatch(/<meta name="viewport"/);
  });

  it('loads nothing from elsewhere and runs nothing', () => {
    expect(html).not.toMatch(/<(img|script|link|iframe|object|form|video|audio|svg)\b|@import|@font-face|url\(/i);
    expect(html).not.toMatch(/\son[a-z]+=/i);
    const addresses = html.match(/https?:\/\/[^"'\s<)]+/g) ?? [];
    // Not loaded: the names of document types that Outlook wants.
    const foreign = addresses.filter((one) => !one.startsWith(common.home_url) && !one.includes('www.w3.org'));
    expect(foreign).toEqual([]);
  });

  it('says the same in text', () => {
    const links = Object.entries(SAMPLES[name]).filter(([key]) => key.endsWith('_url'));
    for (const [, url] of links) expect([text.includes(url), html.includes(url)]).toEqual([true, true]);
    expect(text).toContain('Ada Lovelace');
    expect(
      Math.max(
        ...text
          .split('\n')
          .filter((line) => !line.includes('://'))
          .map((line) => line.length),
      ),
    ).toBeLessThan(100);
  });
});

describe('rendering', () => {
  it('escapes what users typed, and keeps it out of tags and attributes', () => {
    const nasty = `<img src=x onerror=alert(1)>"'&{{name}}`;
    const { html, text } = renderMail('welcome', { ...SAMPLES.welcome, name: nasty }, common);
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;{{name}}');
    expect(html).not.toContain('<img');
    expect(text).toContain(nasty);
  });

  it('never lets a value open a tag (property)', () => {
    const tags = (html: string) => html.match(/</g)?.length;
    const expected = tags(renderMail('invitation', { ...SAMPLES.invitation }, common).html);
    fc.assert(
      fc.property(fc.string(), (typed) => {
        const value = oneLine(typed);
        expect(tags(renderMail('invitation', { ...SAMPLES.invitation, inviter: value }, common).html)).toBe(expected);
      }),
    );
  });

  it.each(['Eve\r\nBcc: all@example.org', 'Eve\nBcc: x', 'Eve\rx', 'Eve\u2028x', 'Eve\u0000x', 'Eve\u202egpj.exe'])(
    'refuses a value that is more than one line: %j',
    (inviter) => {
      expect(() => renderMail('invitation', { ...SAMPLES.invitation, inviter }, common)).toThrow(/one line/);
    },
  );

  it('makes one line of any text (property)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (typed) => {
        const line = oneLine(typed);
        expect(line.length).toBeLessThanOrEqual(200);
        expect(() => renderMail('welcome', { ...SAMPLES.welcome, name: line }, common)).not.toThrow();
      }),
    );
  });

  it('refuses links that are not web addresses, and templates that lack a value', () => {
    const sample = SAMPLES['password-reset'];
    expect(() => renderMail('password-reset', { ...sample, action_url: 'javascript:alert(1)' }, common)).toThrow(
      /http/,
    );
    expect(() => renderMail('password-reset', { name: 'Ada' }, common)).toThrow(/is missing/);
  });

  it('has a sample for every template and nothing else', () => {
    expect(Object.keys(SAMPLES).sort()).toEqual(Object.keys(COMPILED).sort());
  });
});
