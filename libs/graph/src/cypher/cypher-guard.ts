import { refused } from './cypher-error.js';
import type { Token } from './cypher-lexer.js';

const FORBIDDEN = new Set([
  'create',
  'merge',
  'set',
  'remove',
  'delete',
  'detach',
  'drop',
  'foreach',
  'call',
  'yield',
  'load',
  'explain',
  'profile',
]);

// What may stand before a parenthesis without being a function.
const KEYWORDS = new Set(
  'match optional where with return order by skip limit unwind as and or xor not in is null distinct case when then else end exists union all starts ends contains asc ascending desc descending true false on'.split(
    ' ',
  ),
);

// Everything else that a name and a parenthesis could call is refused: AGE resolves unknown names among all functions
// of the server, and those without arguments take no harm from its types.
const FUNCTIONS = new Set(
  `id label labels type properties keys nodes relationships length size head last tail range reverse startnode endnode
  start_id end_id count sum avg min max collect stdev stdevp percentilecont percentiledisc coalesce exists isempty toupper
  tolower tostring tointeger tofloat toboolean tostringlist tointegerlist tofloatlist tobooleanlist trim ltrim rtrim
  substring split left right replace abs ceil floor round sign sqrt exp log log10 pi e sin cos tan cot asin acos atan atan2
  degrees radians timestamp`.split(/\s+/),
);

export interface GuardOptions {
  /** Names of properties that nobody may read. */
  readonly hiddenProperties: ReadonlySet<string>;
  readonly maxHops: number;
}

/** Refuses whatever is not plainly a bounded read. @throws DomainError `cypher_refused` */
export function assertReadOnly(tokens: readonly Token[], options: GuardOptions): void {
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'word' && FORBIDDEN.has(token.text.toLowerCase())) {
      throw refused(`${token.text.toUpperCase()} is not allowed in a read-only query; as a name, put it in backticks.`);
    }
    assertNotHidden(token, options.hiddenProperties);
    if (token.text === '(') assertKnownFunction(tokens, index);
    if (token.text === '[') assertSubscript(tokens, index);
    if (token.text === '*' && isHopCount(tokens, index)) assertBounded(tokens, index, options.maxHops);
  }
}

function assertNotHidden(token: Token, hidden: ReadonlySet<string>): void {
  const name = nameOf(token);
  if (name !== undefined && hidden.has(name)) throw refused(`The property ${name} cannot be read.`);
}

function nameOf(token: Token): string | undefined {
  if (token.kind === 'word') return token.text;
  if (token.kind === 'quoted_name') return token.text.slice(1, -1).replaceAll('``', '`');
  if (token.kind === 'string') return token.text.slice(1, -1);
  return undefined;
}

function assertKnownFunction(tokens: readonly Token[], index: number): void {
  const before = tokens[index - 1];
  if (!before || (before.kind !== 'word' && before.kind !== 'quoted_name')) return;
  const qualified = tokens[index - 2]?.text === '.';
  const name = before.text.toLowerCase();
  if (qualified) throw refused(`${tokens[index - 3]?.text ?? ''}.${before.text}() is not a function of queries.`);
  if (before.kind === 'word' && (KEYWORDS.has(name) || FUNCTIONS.has(name))) return;
  throw refused(`${before.text}() is not a function of queries.`);
}

// A computed subscript could spell the name of a hidden property.
function assertSubscript(tokens: readonly Token[], index: number): void {
  const before = tokens[index - 1];
  if (!before || !endsValue(before)) return;
  const inside = tokens.slice(index + 1, closing(tokens, index));
  const [only] = inside;
  const plainKey = inside.length === 1 && only?.kind === 'string' && !only.text.includes('\\');
  const range = inside.every((token) => token.kind === 'number' || token.text === '..' || token.text === '-');
  if (!plainKey && !range) throw refused('Between square brackets only a number, a range or a plain text may stand.');
}

function endsValue(token: Token): boolean {
  if (token.kind === 'word') return !KEYWORDS.has(token.text.toLowerCase());
  if (token.kind === 'punctuation') return [')', ']', '}'].includes(token.text);
  return token.kind !== 'number';
}

function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let index = open; index < tokens.length; index += 1) {
    if (tokens[index]?.text === '[') depth += 1;
    if (tokens[index]?.text === ']') depth -= 1;
    if (depth === 0) return index;
  }
  throw refused('A square bracket is not closed.');
}

// `-[e:LABEL*1..3]-`: the innermost bracket was opened after a dash or "<-", with nothing but a name and label before.
function isHopCount(tokens: readonly Token[], index: number): boolean {
  let at = index - 1;
  while (at >= 0 && isNameOrColon(tokens[at])) at -= 1;
  return tokens[at]?.text === '[' && tokens[at - 1]?.text === '-';
}

function isNameOrColon(token: Token | undefined): boolean {
  return (
    token !== undefined &&
    (token.kind === 'word' || token.kind === 'quoted_name' || token.text === ':' || token.text === '|')
  );
}

function assertBounded(tokens: readonly Token[], star: number, maxHops: number): void {
  const rest = tokens.slice(star + 1, star + 4).map((token) => token.text);
  const range = rest[1] === '..' ? rest[2] : rest[0] === '..' ? rest[1] : rest[0];
  const most = Number(range);
  if (Number.isInteger(most) && most <= maxHops) return;
  throw refused(`A path of variable length needs an upper bound of at most ${maxHops}: *1..${maxHops}.`);
}
