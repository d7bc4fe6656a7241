import { COMPILED } from './compiled.gen.js';
import type { CommonVariables, TemplateName } from './template-variables.js';

/** A mail as it is sent. */
export interface RenderedMail {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

type Values = Readonly<Record<string, string>>;

const PLACEHOLDER = /\{\{([a-z_]+)\}\}/g;
// Line breaks of every kind, and what turns the direction of text around: neither belongs into a name or an address.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Fills a template. Values are escaped in HTML, and none may hold a line break, so that no value begins a line of a
 * header or of the text.
 * @throws Error where a variable is missing, is not one line of text, or is an address that is not http or https
 */
export function renderMail(template: TemplateName, variables: Values, common: CommonVariables): RenderedMail {
  const { subject, html, text } = COMPILED[template];
  const values: Values = { ...variables, ...common };
  for (const [name, value] of Object.entries(values)) assertValue(name, value);
  return {
    subject: assertHeader(
      'Subject',
      fill(subject, values, (value) => value),
    ),
    html: fill(html, values, escapeHtml),
    text: fill(text, values, (value) => value),
  };
}

/** @throws Error where a header value holds a line break or another control character */
export function assertHeader(name: string, value: string): string {
  if (UNPRINTABLE.test(value)) throw new Error(`The header ${name} must be one line of text`);
  return value;
}

/** Text of users, made fit for a mail: one line, and not endless. */
export function oneLine(text: string, maxLength = 200): string {
  const line = [...text].map((character) => (UNPRINTABLE.test(character) ? ' ' : character)).join('');
  const trimmed = line.replaceAll(/\s+/g, ' ').trim();
  return trimmed.length > maxLength ? `${trimmed.slice(0, maxLength - 1)}…` : trimmed;
}

function assertValue(name: string, value: string): void {
  if (typeof value !== 'string') throw new Error(`The variable ${name} must be text`);
  assertHeader(name, value);
  if (!name.endsWith('_url')) return;
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    throw new Error(`The variable ${name} must be an http or https address`);
  }
}

function fill(template: string, values: Values, encode: (value: string) => string): string {
  return template.replaceAll(PLACEHOLDER, (_all, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`The variable ${name} is missing`);
    return encode(value);
  });
}

function escapeHtml(value: string): string {
  return value.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
