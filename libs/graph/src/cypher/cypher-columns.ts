import { refused } from './cypher-error.js';
import type { Token } from './cypher-lexer.js';

const ENDS = new Set(['order', 'skip', 'limit', 'union']);

/** What the query returns, by name: `cypher()` must be told how many columns there will be. */
export function returnedColumns(text: string, tokens: readonly Token[]): string[] {
  const items = splitReturn(tokens);
  if (items.length === 0) throw refused('The query returns nothing: end it with RETURN.');
  return items.map((item) => columnName(text, item));
}

function splitReturn(tokens: readonly Token[]): Token[][] {
  const items: Token[][] = [];
  let depth = 0;
  let inside = false;
  for (const token of tokens) {
    if (['(', '[', '{'].includes(token.text)) depth += 1;
    if ([')', ']', '}'].includes(token.text)) depth -= 1;
    const word = depth === 0 && token.kind === 'word' ? token.text.toLowerCase() : '';
    // A union returns as many columns as its first part; the engine checks the others.
    if (word === 'union' && items.length > 0) break;
    if (word === 'return') {
      inside = true;
      items.length = 0;
      items.push([]);
    } else if (inside && ENDS.has(word)) {
      inside = false;
    } else if (inside && depth === 0 && token.text === ',') {
      items.push([]);
    } else if (inside) {
      items.at(-1)?.push(token);
    }
  }
  return items;
}

function columnName(text: string, item: readonly Token[]): string {
  const tokens = item[0]?.text.toLowerCase() === 'distinct' ? item.slice(1) : item;
  const [first] = tokens;
  const last = tokens.at(-1);
  if (!first || !last) throw refused('A column of RETURN is empty.');
  if (tokens.length === 1 && first.text === '*') throw refused('RETURN * is not possible: name what to return.');
  if (tokens.at(-2)?.text.toLowerCase() === 'as') return last.text.replace(/^`|`$/g, '');
  return text.slice(first.start, last.end);
}
