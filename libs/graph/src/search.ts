import { sql } from 'kysely';
import { searchExpression } from '#libs/database';
import type { VertexDefinition } from './definition.js';
import type { Sql } from './sql.js';

/** A search as parts of a statement over the vertices of a label. */
export interface Search {
  /** Every term stands somewhere in the texts of the vertex. */
  readonly matches: Sql<boolean>;
  /** {@link matches} in a statement with {@link rated}, whose texts it uses for the terms that no index serves. */
  readonly found: Sql<boolean>;
  /** Beside the rows of the label in a `from`: what {@link rank} is read from, so that each text is put together once. */
  readonly rated: Sql;
  /** How good the match is, 0 for the best: an agtype, for {@link KeysetOptions.computed}. */
  readonly rank: Sql;
}

export const MAX_SEARCH_TERMS = 10;

// A trigram index knows nothing shorter; a short term of a script with spaces is taken for the beginning of a word.
const TRIGRAM = 3;

/**
 * A search of the texts that a label is declared to be searched by, case-insensitively. Of terms of one or two letters,
 * only words that begin with them count: parts that short are in everything.
 * @throws Error when the label is not searched, or there are no terms or too many
 */
export function searchOf(definition: VertexDefinition, alias: string, terms: readonly string[]): Search {
  if (definition.search.length === 0) throw new Error(`${definition.label} is not searched`);
  if (terms.length === 0 || terms.length > MAX_SEARCH_TERMS) throw new Error('a search has one to ten terms');
  const texts = sql.raw(searchExpression(definition.search, `${alias}.properties`));
  return {
    matches: allOf(terms, (term) => isIn(texts, term)),
    found: allOf(terms, (term) => isIn(isShort(term) ? sql.ref('searched.texts') : texts, term)),
    rated: rating(definition, texts, terms),
    rank: sql.ref('rated.rank'),
  };
}

/** The words of a search text; each has to be found. */
export function searchTerms(text: string): readonly string[] {
  return [...new Set(text.split(/\s+/).filter((term) => term !== ''))];
}

// The first properties are what a vertex is called by; the last one describes it, where there are more than two. "offset 0"
// keeps the planner from writing the same expression wherever it is named: to put the texts together is half of the work.
function rating(definition: VertexDefinition, texts: Sql, terms: readonly string[]): Sql {
  const names = Array.from({ length: Math.min(definition.search.length, 2) }, (_, index) => index + 1);
  const lines = names.map((line) => sql`split_part(texts, E'\\n', ${sql.lit(line)}) as ${sql.ref(`line_${line}`)}`);
  const called = sql.join(
    names.map((line) => sql.ref(`line_${line}`)),
    sql` || ' ' || `,
  );
  return sql`cross join lateral (select ${texts} as texts offset 0) searched
    cross join lateral (select ${sql.join(lines)} offset 0) lines
    cross join lateral (select ${called} as called offset 0) named
    cross join lateral (select ${rankOf(names, terms)} as rank offset 0) rated`;
}

function rankOf(names: readonly number[], terms: readonly string[]): Sql {
  const [texts, called] = [sql.ref('texts'), sql.ref('called')];
  const whole = lowered(terms.join(' '));
  const rank = sql`case when ${allOf(terms, (term) => contains(called, term))} then
      case when ${sql.join(
        names.map((line) => sql`${sql.ref(`line_${line}`)} = ${whole}`),
        sql` or `,
      )} then 0
      when ${allOf(terms, (term) => matches(called, '\\m', term, '\\M'))} then 1
      when ${allOf(terms, (term) => matches(called, '\\m', term, ''))} then 2
      else 3 end
    when ${allOf(terms, (term) => matches(texts, '\\m', term, '\\M'))} then 4
    else 5 end`;
  return sql`(${rank})::bigint::ag_catalog.agtype`;
}

// Scripts without spaces have no beginnings of words to look for.
function isShort(term: string): boolean {
  return term.length < TRIGRAM && /^[\x21-\x7e]+$/.test(term);
}

function isIn(texts: Sql, term: string): Sql<boolean> {
  return isShort(term) ? matches(texts, '(^|[^[:alnum:]])', term, '') : contains(texts, term);
}

function contains(texts: Sql, term: string): Sql<boolean> {
  return sql<boolean>`${texts} like '%' || ${lowered(term.replace(/[\\%_]/g, '\\$&'))} || '%'`;
}

function matches(texts: Sql, before: string, term: string, after: string): Sql<boolean> {
  const escaped = term.replace(/[^\p{L}\p{N}]/gu, (letter) => (/[\x21-\x7e]/.test(letter) ? `\\${letter}` : letter));
  return sql<boolean>`${texts} ~ (${before}::text || ${lowered(escaped)} || ${after}::text)`;
}

// By the same rules as the index: JavaScript's differ for a few letters.
function lowered(text: string): Sql<string> {
  return sql<string>`lower(${text}::text collate pg_catalog."pg_c_utf8")`;
}

function allOf(terms: readonly string[], condition: (term: string) => Sql<boolean>): Sql<boolean> {
  return sql<boolean>`(${sql.join(terms.map(condition), sql` and `)})`;
}
