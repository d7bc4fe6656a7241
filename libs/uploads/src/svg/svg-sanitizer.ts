import { SaxesParser, type SaxesTagNS } from 'saxes';
import { malformed, typeMismatch } from '../content/content-error.js';
import { ATTRIBUTES, ELEMENTS, isHarmless, isHarmlessCss, UNWRAPPED } from './svg-allow-list.js';
import { UseCounter } from './use-counter.js';

const SVG = 'http://www.w3.org/2000/svg';
const XLINK = 'http://www.w3.org/1999/xlink';
const MAX_DEPTH = 200;

type Fate = 'kept' | 'unwrapped' | 'dropped';

/**
 * Reads an SVG with a strict XML parser and writes it anew from what is on the allow-list: nothing of the original text
 * is ever copied, so there is no disagreement between parsers to exploit. Elements that are not on the list go with all
 * that is in them.
 */
export class SvgSanitizer {
  private readonly parser = new SaxesParser({ xmlns: true, position: false });
  private readonly open: { readonly name: string; readonly fate: Fate }[] = [];
  private readonly uses = new UseCounter();
  private output: string[] = [];
  private style: string | undefined;

  constructor() {
    this.parser.on('error', (error) => {
      throw malformed(`it is no well-formed XML (${error.message})`);
    });
    this.parser.on('xmldecl', ({ encoding = 'utf-8' }) => {
      if (encoding.toLowerCase() !== 'utf-8') throw typeMismatch('The SVG is not in UTF-8.');
    });
    this.parser.on('doctype', (text) => {
      // Entities that are declared in it would let the document say something else than it shows.
      if (text.includes('[')) throw malformed('it declares entities');
    });
    this.parser.on('opentag', (tag) => this.opened(tag));
    this.parser.on('closetag', () => this.closed());
    this.parser.on('text', (text) => this.text(text));
    this.parser.on('cdata', (text) => this.text(text));
  }

  /** Takes the next part of the document; returns what can be written of it so far. */
  write(text: string): string {
    this.parser.write(text);
    return this.flush();
  }

  end(): string {
    this.parser.close();
    this.uses.assertFew();
    return this.flush();
  }

  private flush(): string {
    const text = this.output.join('');
    this.output = [];
    return text;
  }

  private opened(tag: SaxesTagNS): void {
    const isRoot = this.open.length === 0;
    if (isRoot && (tag.uri !== SVG || tag.local !== 'svg')) throw typeMismatch('The file is XML, but no SVG.');
    if (this.open.length >= MAX_DEPTH) throw malformed('it is nested too deeply');
    const fate = this.fateOf(tag);
    this.open.push({ name: tag.local, fate });
    if (fate !== 'kept') return;
    const attributes = attributesOf(tag);
    this.uses.open(attributes.get('id'), tag.local === 'use' ? attributes.get('href') : undefined);
    if (tag.local === 'style') {
      this.style = '';
      return;
    }
    const written = [...attributes].map(([name, value]) => ` ${name}="${escapeText(value)}"`);
    this.output.push(`<${tag.local}${isRoot ? ` xmlns="${SVG}"` : ''}${written.join('')}>`);
  }

  private closed(): void {
    const closed = this.open.pop();
    if (closed?.fate !== 'kept') return;
    this.uses.close();
    if (closed.name !== 'style') {
      this.output.push(`</${closed.name}>`);
      return;
    }
    if (this.style !== undefined && isHarmlessCss(this.style))
      this.output.push(`<style>${escapeText(this.style)}</style>`);
    this.style = undefined;
  }

  private text(text: string): void {
    const parent = this.open.at(-1);
    if (!parent || parent.fate === 'dropped') return;
    if (this.style !== undefined) this.style += text;
    else this.output.push(escapeText(text));
  }

  private fateOf({ uri, local }: SaxesTagNS): Fate {
    // A style holds text and nothing else.
    if (this.open.at(-1)?.fate === 'dropped' || this.style !== undefined || uri !== SVG) return 'dropped';
    if (UNWRAPPED.has(local)) return 'unwrapped';
    return ELEMENTS.has(local) ? 'kept' : 'dropped';
  }
}

function attributesOf(tag: SaxesTagNS): Map<string, string> {
  const kept = new Map<string, string>();
  for (const { uri, prefix, local, value } of Object.values(tag.attributes)) {
    // The old way to write it; the new one wins where both are there.
    const isOldReference = uri === XLINK && local === 'href';
    if (isOldReference ? kept.has('href') : prefix !== '' || !ATTRIBUTES.has(local)) continue;
    if (isHarmless(tag.local, local, value)) kept.set(local, value);
  }
  return kept;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
