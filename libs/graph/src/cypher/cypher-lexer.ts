import { refused } from './cypher-error.js';

export type TokenKind = 'word' | 'quoted_name' | 'string' | 'number' | 'parameter' | 'punctuation';

export interface Token {
  readonly kind: TokenKind;
  /** As written; quotes included. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const PATTERNS: readonly (readonly [TokenKind | 'space', RegExp])[] = [
  ['space', /\s+|\/\/[^\r\n]*|\/\*[\s\S]*?\*\//y],
  ['string', /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/y],
  ['quoted_name', /`(?:[^`]|``)*`/y],
  ['parameter', /\$[A-Za-z_][A-Za-z0-9_]*/y],
  ['word', /[\p{L}_][\p{L}\p{N}_]*/uy],
  ['number', /(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/y],
  ['punctuation', /\.\.|<>|<=|>=|=~|[()[\]{}<>=+\-*/%^|,.:]/y],
];

/** The tokens of a Cypher text, comments left out. @throws DomainError `cypher_refused` at anything unknown */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const token = tokenAt(text, at);
    if (token.kind !== 'space')
      tokens.push({ kind: token.kind, text: token.text, start: at, end: at + token.text.length });
    at += token.text.length;
  }
  return tokens;
}

/** The text without comments: what the guard has not read, the engine must not read either. */
export function withoutComments(tokens: readonly Token[]): string {
  let result = '';
  let end = 0;
  for (const token of tokens) {
    result += (token.start > end ? ' ' : '') + token.text;
    end = token.end;
  }
  return result;
}

function tokenAt(text: string, at: number): { kind: TokenKind | 'space'; text: string } {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) return { kind, text: match[0] };
  }
  throw refused(`What stands at character ${at + 1} is not allowed here: ${JSON.stringify(text.slice(at, at + 10))}`);
}
