import type { JsonObject } from '#libs/common';
import type { BlueprintRecord } from '../blueprint/blueprint-record.js';
import { byPrecedence, declaredProperties } from '../blueprint/effective-schema.js';
import { attributeField, isSortable } from './attribute-field.js';

/** How often projects were looked for by an attribute. */
export interface AttributeUses {
  readonly name: string;
  /** Yesterday and today. */
  readonly lately: number;
  /** In two weeks. */
  readonly inAll: number;
}

/** Says in the schema of an attribute whether it has an index: true always, false never, without it by use. */
const INDEXED = 'x-index';
// Each costs every write of a project a little; so many are enough for what people ask for all day.
export const MAX_INDEXES = 20;
/** So many uses in two days make an index; as long as there are so many in two weeks it stays. */
const HOT = 200;
const COLD = 50;
/** Fewer projects are read through in less time than it takes to tell. */
export const WORTH_AN_INDEX = 2000;

interface Situation {
  readonly uses: readonly AttributeUses[];
  /** The attributes that have an index. */
  readonly present: readonly string[];
  /** Whether there are {@link WORTH_AN_INDEX} projects. */
  readonly isLarge: boolean;
}

/** The attributes of projects that get an index: those whose blueprints ask for one, then those in use, the hottest first. */
export function chooseIndexes(blueprints: readonly BlueprintRecord[], situation: Situation): readonly string[] {
  const declared = indexable(blueprints);
  const wanted = declared.filter(([, schema]) => schema[INDEXED] === true).map(([name]) => name);
  const refused = new Set(declared.filter(([, schema]) => schema[INDEXED] === false).map(([name]) => name));
  const open = new Set(declared.map(([name]) => name).filter((name) => !refused.has(name)));
  const hot = situation.isLarge ? hottest(situation).filter((name) => open.has(name)) : [];
  return [...new Set([...wanted, ...hot])];
}

function hottest({ uses, present }: Situation): string[] {
  return uses
    .filter(({ name, lately, inAll }) => lately >= HOT || (inAll >= COLD && present.includes(name)))
    .sort((left, right) => right.lately - left.lately || right.inAll - left.inAll || (left.name < right.name ? -1 : 1))
    .map(({ name }) => name);
}

function indexable(blueprints: readonly BlueprintRecord[]): (readonly [string, JsonObject])[] {
  return blueprints
    .filter(({ enabled, subject }) => enabled && subject === 'Project')
    .sort(byPrecedence)
    .flatMap(({ schema }) => declaredProperties(schema))
    .filter(([, schema]) => canBeIndexed(schema));
}

// Instants are compared as such, not as the texts that are stored; items of lists are not in an index of values.
function canBeIndexed(schema: JsonObject): boolean {
  const field = attributeField(schema);
  return isSortable(field) && field.type !== 'datetime';
}
