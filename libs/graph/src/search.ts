import { sql } from 'kysely';
import { searchExpression, searchTexts } from '#libs/database';
import type { VertexDefinition } from './definition.js';
import { type Sql, tableOf } from './sql.js';

/** A search as parts of a statement over the vertices of a label. */
export interface Search {
  /** Every term stands somewhere in the texts of the vertex. */
  readonly matches: Sql<boolean>;
  /**
   * A select of the matches `(id, properties, rank)` among the rows for which `where` holds: how good each is, 0 for the
   * best, as an agtype, for {@link KeysetOptions.computed}.
   */
  ranked(where: Sql<boolean>): Sql;
  /**
   * For terms that no index serves: the matches of the ranks up to {@link BEGUN}, by what vertices are called alone. None
   * where fewer than `worthwhile` texts of the label have a word that begins so: then {@link ranked} is the shorter way.
   */
  readonly begun?: (where: Sql<boolean>, worthwhile: number) => Sql;
}

/** The last rank of those that are called by words which begin with the terms. */
export const BEGUN = 2;

export const MAX_SEARCH_TERMS = 10;

// A trigram index knows nothing shorter; a short term of a script with spaces is taken for the beginning of a word.
const TRIGRAM = 3;

// The first properties are what a vertex is called by; the last one describes it, where there are more.
const NAMES = 2;

// Between spaces they are a word for regular expressions too, whatever stands within.
const OF_LETTERS = /^[a-z0-9](.*[a-z0-9])?$/i;

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
    ranked: (where) => ranked(definition, alias, terms, where),
    ...(terms.every((term) => isShort(term) && OF_LETTERS.test(term)) && {
      begun: (where, worthwhile) => begun(definition, alias, terms, sql<boolean>`${where} and ${isOften(worthwhile)}`),
    }),
  };

  // From the index where it is seldom, and from the first rows that come where it is often.
  function isOften(times: number): Sql<boolean> {
    return sql<boolean>`(select count(*) from (
      select from ${tableOf(definition)} ${sql.ref(alias)} where ${allOf(terms, (term) => contains(texts, term, ' '))} limit ${times}
    ) often) >= ${times}`;
  }
}

/** The words of a search text; each has to be found. */
export function searchTerms(text: string): readonly string[] {
  return [...new Set(text.split(/\s+/).filter((term) => term !== ''))];
}

// "offset 0" keeps the planner from writing the same expression wherever it is named: to put the texts together is half of
// the work.
function ranked(definition: VertexDefinition, alias: string, terms: readonly string[], where: Sql<boolean>): Sql {
  const [long, short] = [terms.filter((term) => !isShort(term)), terms.filter(isShort)];
  const indexed = sql.raw(searchExpression(definition.search, `${alias}.properties`));
  const texts = sql.raw(searchTexts(definition.search, `${alias}.properties`));
  const found = sql`select ${sql.ref(`${alias}.id`)}, ${sql.ref(`${alias}.properties`)}, ${texts} as texts
    from ${tableOf(definition)} ${sql.ref(alias)} where ${where} and ${allOf(long, (term) => isIn(indexed, term))} offset 0`;
  const matching = allOf(short, (term) => isInColumn(sql.ref('texts'), term));
  return sql`select id, properties, (${rankOf(definition, terms)})::bigint::ag_catalog.agtype as rank
    from (${withNames(definition, sql`(${found}) found where ${matching}`)}) named`;
}

function begun(definition: VertexDefinition, alias: string, terms: readonly string[], where: Sql<boolean>): Sql {
  const texts = sql.raw(searchTexts(definition.search.slice(0, NAMES), `${alias}.properties`));
  const all = sql`select ${sql.ref(`${alias}.id`)}, ${sql.ref(`${alias}.properties`)}, ${texts} as texts
    from ${tableOf(definition)} ${sql.ref(alias)} where ${where} offset 0`;
  const begins = allOf(
    terms,
    (term) => sql<boolean>`${contains(sql.ref('texts'), term)} and ${beginsWord(sql.ref('texts'), term)}`,
  );
  return sql`select id, properties, (case when ${isCalled(definition, terms)} then 0
      when ${allOf(terms, (term) => isWord(sql.ref('called'), term))} then 1 else 2 end)::bigint::ag_catalog.agtype as rank
    from (${withNames(definition, sql`(${all}) found where ${begins}`)}) named
    where ${allOf(terms, (term) => beginsWord(sql.ref('called'), term))}`;
}

function withNames(definition: VertexDefinition, found: Sql): Sql {
  const names = namesOf(definition);
  const lines = names.map((name, index) => sql`split_part(texts, E'\\n', ${sql.lit(index + 1)}) as ${name}`);
  const called = names.map((name) => sql`${name} || ' '`);
  return sql`select *, ' ' || ${sql.join(called, sql` || `)} as called from (
      select *, ${sql.join(lines)} from ${found} offset 0
    ) lines offset 0`;
}

function isCalled(definition: VertexDefinition, terms: readonly string[]): Sql<boolean> {
  const whole = lowered(terms.join(' '));
  return sql<boolean>`(${sql.join(
    namesOf(definition).map((name) => sql`${name} = ${whole}`),
    sql` or `,
  )})`;
}

function namesOf(definition: VertexDefinition): Sql[] {
  return definition.search.slice(0, NAMES).map((_name, index) => sql.ref(`line_${index + 1}`));
}

function rankOf(definition: VertexDefinition, terms: readonly string[]): Sql {
  const [texts, called] = [sql.ref('texts'), sql.ref('called')];
  return sql`case when ${allOf(terms, (term) => contains(called, term))} then
      case when ${isCalled(definition, terms)} then 0
      when ${allOf(terms, (term) => beginsWord(called, term))} then
        case when ${allOf(terms, (term) => isWord(called, term))} then 1 else 2 end
      else 3 end
    when ${allOf(terms, (term) => isWord(texts, term))} then 4
    else 5 end`;
}

// Scripts without spaces have no beginnings of words to look for.
function isShort(term: string): boolean {
  return term.length < TRIGRAM && /^[\x21-\x7e]+$/.test(term);
}

function isIn(texts: Sql, term: string): Sql<boolean> {
  return isShort(term) ? matches(texts, '(^|[^[:alnum:]])', term, '') : contains(texts, term);
}

// A regular expression takes far longer than a look for what stands between spaces, as most words do. Each of these asks it
// only where that look finds nothing, so the texts have to be a column and not an expression, which would be computed twice.
function isInColumn(texts: Sql, term: string): Sql<boolean> {
  return sql<boolean>`(${contains(texts, term, ' ')} or ${isIn(texts, term)})`;
}

function isWord(texts: Sql, term: string): Sql<boolean> {
  const matched = matches(texts, '\\m', term, '\\M');
  return OF_LETTERS.test(term) ? sql<boolean>`(${contains(texts, term, ' ', ' ')} or ${matched})` : matched;
}

function beginsWord(texts: Sql, term: string): Sql<boolean> {
  const matched = matches(texts, '\\m', term, '');
  return OF_LETTERS.test(term) ? sql<boolean>`(${contains(texts, term, ' ')} or ${matched})` : matched;
}

function contains(texts: Sql, term: string, before = '', after = ''): Sql<boolean> {
  const escaped = lowered(term.replace(/[\\%_]/g, '\\$&'));
  return sql<boolean>`${texts} like ${sql.lit(`%${before}`)} || ${escaped} || ${sql.lit(`${after}%`)}`;
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
  if (terms.length === 0) return sql<boolean>`true`;
  return sql<boolean>`(${sql.join(terms.map(condition), sql` and `)})`;
}
