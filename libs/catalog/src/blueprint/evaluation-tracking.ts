import { _, type Ajv2020, type CodeKeywordDefinition, type KeywordCxt, Name } from 'ajv/dist/2020.js';
import { mergeEvaluated, Type } from 'ajv/dist/compile/util.js';
import { isJsonObject, type JsonValue } from '#libs/common';

/** Stands in every schema of a document in which `unevaluated…` is used; the first keyword there that is run. */
export const TRACKED = 'imbi-tracked';

/** Whether anything in a schema says something of what the rest of it left unevaluated. */
export function needsTracking(schema: JsonValue): boolean {
  if (Array.isArray(schema)) return schema.some(needsTracking);
  if (!isJsonObject(schema)) return false;
  const own = Object.keys(schema).some((key) => key === 'unevaluatedProperties' || key === 'unevaluatedItems');
  return own || Object.values(schema).some(needsTracking);
}

/**
 * Puts right what ajv 8 gets wrong of which properties and items were evaluated. It follows them while it writes code, in
 * constants as long as it can. What only a branch evaluates it then merges into a variable that is made inside the
 * branch, so that what was known before is lost where the branch is not taken. Here the variables are there from the
 * start of each schema, and the keywords that cannot deal with them are replaced.
 */
export function addTracking(ajv: Ajv2020): void {
  ajv.addKeyword({ keyword: TRACKED, schemaType: 'boolean', before: '$ref', code: startTracking });
  replaceKeyword(ajv, 'if', (original) => ({ ...original, code: conditional }));
  replaceKeyword(ajv, 'patternProperties', (original) => ({
    ...original,
    before: 'unevaluatedProperties',
    code: byPattern(original),
  }));
  replaceKeyword(ajv, 'unevaluatedItems', (original) => ({ ...original, code: otherItems }));
}

function startTracking({ gen, it }: KeywordCxt): void {
  // Without a prototype, or "toString" would be taken for evaluated everywhere.
  it.props = gen.var('props', _`Object.create(null)`);
  it.items = gen.var('items', 0);
}

// As ajv's, but what `if` evaluates counts only where it holds, and also where nothing follows from it.
function conditional(cxt: KeywordCxt): void {
  const { gen, parentSchema } = cxt;
  const valid = gen.let('valid', true);
  const holds = gen.name('_valid');
  const tested = cxt.subschema({ keyword: 'if', compositeRule: true, createErrors: false, allErrors: false }, holds);
  cxt.mergeValidEvaluated(tested, holds);
  cxt.reset();
  const clause = gen.let('ifClause');
  cxt.setParams({ ifClause: clause });
  const follow = (keyword: 'then' | 'else') => () => {
    if (parentSchema[keyword] === undefined) return;
    const followed = cxt.subschema({ keyword }, holds);
    gen.assign(valid, holds);
    cxt.mergeValidEvaluated(followed, valid);
    gen.assign(clause, _`${keyword}`);
  };
  gen.if(holds, follow('then'), follow('else'));
  cxt.pass(valid, () => cxt.error(true));
}

// ajv's writes into the variable without asking whether it says `true`, for all properties.
function byPattern({ code }: CodeKeywordDefinition): CodeKeywordDefinition['code'] {
  return (cxt) => {
    const { gen, it } = cxt;
    const before = it.props;
    if (!(before instanceof Name)) return code(cxt);
    const matched = gen.var('props', _`Object.create(null)`);
    it.props = matched;
    code(cxt);
    it.props = mergeEvaluated.props(gen, matched, before);
  };
}

// As ajv's, which takes a variable that says `true`, for all items, for the number 1.
function otherItems(cxt: KeywordCxt): void {
  const { gen, schema, data, it } = cxt;
  const items = it.items ?? 0;
  it.items = true;
  if (items === true || schema === true) return;
  const length = gen.const('len', _`${data}.length`);
  const evaluated = items instanceof Name ? _`${items} === true || ${length} <= ${items}` : _`${length} <= ${items}`;
  const valid = gen.var('valid', evaluated);
  if (schema === false) {
    cxt.setParams({ len: items });
    cxt.pass(valid);
    return;
  }
  gen.if(_`!${valid}`, () => gen.forRange('i', items, length, (index) => checkItem(cxt, index, valid)));
  cxt.ok(valid);
}

function checkItem(cxt: KeywordCxt, index: Name, valid: Name): void {
  cxt.subschema({ keyword: 'unevaluatedItems', dataProp: index, dataPropType: Type.Num }, valid);
  if (!cxt.allErrors) cxt.gen.if(_`!${valid}`, () => cxt.gen.break());
}

function replaceKeyword(
  ajv: Ajv2020,
  keyword: string,
  change: (original: CodeKeywordDefinition) => CodeKeywordDefinition,
): void {
  const original = ajv.getKeyword(keyword);
  if (typeof original !== 'object' || !('code' in original)) throw new Error(`ajv writes no code for "${keyword}"`);
  ajv.removeKeyword(keyword);
  ajv.addKeyword(change(original));
}
