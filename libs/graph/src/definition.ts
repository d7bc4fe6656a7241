import {
  type PatchProperties,
  PROPERTY_KINDS,
  type Properties,
  type Property,
  property,
  type ReadProperties,
  type WriteProperties,
} from './property.js';

/** What every vertex has and no caller writes. */
export const systemProperties = {
  id: property.id({ description: 'Nano ID, never changes.' }),
  created_at: property.timestamp({ description: 'When the vertex was made.' }),
  updated_at: property.timestamp({ description: 'When the vertex was last changed.' }),
  version: property.integer({ description: 'Starts at 1; one more with every change.' }),
};

export type SystemProperties = typeof systemProperties;

export interface VertexDefinition<Label extends string = string, Own extends Properties = Properties> {
  readonly kind: 'vertex';
  readonly label: Label;
  readonly properties: Own & SystemProperties;
  /** Groups of properties that no two vertices share; `id` is always one. */
  readonly unique: readonly (readonly string[])[];
  readonly indexes: readonly (readonly string[])[];
  /** The text properties that a search looks into, the weightiest first; none where it is not searched. */
  readonly search: readonly string[];
  /** Whose history a change belongs to: the `organization_id` property, the vertex itself, or nobody's. */
  readonly tenancy: 'property' | 'self' | 'none';
  readonly history: History;
}

/** Whether changes are recorded: `none` is for what comes and goes by itself and is nobody's to look back at. */
export type History = 'full' | 'none';

/** How many edges of a label there may be: one between two vertices, one from each vertex, or any number. */
export type EdgeUniqueness = 'pair' | 'start' | 'none';

export interface EdgeDefinition<Label extends string = string, Own extends Properties = Properties> {
  readonly kind: 'edge';
  readonly label: Label;
  /** The vertices it may start at; empty means any. */
  readonly from: readonly VertexDefinition[];
  /** The vertices it may end at; empty means any. */
  readonly to: readonly VertexDefinition[];
  readonly properties: Own;
  readonly unique: EdgeUniqueness;
  readonly history: History;
}

export type Definition = VertexDefinition | EdgeDefinition;

type OwnOf<D> =
  D extends VertexDefinition<string, infer Own> ? Own : D extends EdgeDefinition<string, infer Own> ? Own : never;

/** A vertex as reads return it. */
export type VertexOf<D extends VertexDefinition> = ReadProperties<D['properties']>;
/** What {@link GraphTransaction.insert} takes; the id may be chosen by the caller. */
export type InsertOf<D extends VertexDefinition> = WriteProperties<OwnOf<D>> & {
  readonly id?: string;
};
/** What a patch sets. */
export type PatchOf<D extends VertexDefinition> = PatchProperties<OwnOf<D>>;

export interface EdgeOf<D extends EdgeDefinition> {
  /** Ids of the vertices at both ends. */
  readonly from: string;
  readonly to: string;
  readonly properties: ReadProperties<OwnOf<D>>;
}
export type EdgeInsertOf<D extends EdgeDefinition> = WriteProperties<OwnOf<D>>;
export type EdgePatchOf<D extends EdgeDefinition> = PatchProperties<OwnOf<D>>;

const VERTEX_LABEL = /^[A-Z][A-Za-z0-9]{0,54}$/;
const EDGE_LABEL = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;
const PROPERTY_NAME = /^[a-z][a-z0-9_]{0,54}$/;
// They would be taken for combinators in a filter.
const RESERVED = new Set(['and', 'or', 'not', 'at', 'constructor', 'prototype']);

/**
 * Declares a vertex label. The result is plain data: what a plugin manifest says at run time makes the same thing.
 * @throws Error when a name cannot be a label or property, or a key names no property
 */
export function defineVertex<const Label extends string, Own extends Properties>(
  label: Label,
  options: {
    readonly properties: Own;
    readonly unique?: readonly (readonly (Extract<keyof Own, string> | 'id')[])[];
    readonly indexes?: readonly (readonly (Extract<keyof Own, string> | keyof SystemProperties)[])[];
    readonly search?: readonly Extract<keyof Own, string>[];
    readonly tenancy?: VertexDefinition['tenancy'];
    readonly history?: History;
  },
): VertexDefinition<Label, Own> {
  if (!VERTEX_LABEL.test(label))
    throw new Error(`"${label}" is no vertex label: UpperCamelCase, at most 55 characters`);
  checkProperties(label, options.properties);
  for (const name of Object.keys(systemProperties)) {
    if (Object.hasOwn(options.properties, name)) throw new Error(`${label}.${name} is a property every vertex has`);
  }
  const properties = { ...options.properties, ...systemProperties };
  const unique = options.unique ?? [];
  const indexes = options.indexes ?? [];
  for (const group of [...unique, ...indexes]) checkGroup(label, properties, group);
  const search = options.search ?? [];
  for (const name of search) checkSearched(label, properties, name);
  const ownTenancy = Object.hasOwn(properties, 'organization_id') ? 'property' : 'none';
  return Object.freeze({
    kind: 'vertex',
    label,
    properties: Object.freeze(properties),
    unique: [['id'], ...unique],
    indexes,
    search,
    tenancy: options.tenancy ?? ownTenancy,
    history: options.history ?? 'full',
  });
}

/** Declares an edge label between vertex labels. @throws Error as {@link defineVertex} */
export function defineEdge<const Label extends string, Own extends Properties = Record<never, Property>>(
  label: Label,
  options: {
    readonly from: VertexDefinition | readonly VertexDefinition[] | 'any';
    readonly to: VertexDefinition | readonly VertexDefinition[] | 'any';
    readonly properties?: Own;
    readonly unique?: EdgeUniqueness;
    readonly history?: History;
  },
): EdgeDefinition<Label, Own>;
export function defineEdge(
  label: string,
  options: {
    readonly from: VertexDefinition | readonly VertexDefinition[] | 'any';
    readonly to: VertexDefinition | readonly VertexDefinition[] | 'any';
    readonly properties?: Properties;
    readonly unique?: EdgeUniqueness;
    readonly history?: History;
  },
): EdgeDefinition {
  if (!EDGE_LABEL.test(label) || label.length > 50) {
    throw new Error(`"${label}" is no edge label: UPPER_SNAKE, at most 50 characters`);
  }
  const properties = options.properties ?? {};
  checkProperties(label, properties);
  return Object.freeze({
    kind: 'edge',
    label,
    from: ends(options.from),
    to: ends(options.to),
    properties: Object.freeze({ ...properties }),
    unique: options.unique ?? 'pair',
    history: options.history ?? 'full',
  });
}

function ends(value: VertexDefinition | readonly VertexDefinition[] | 'any'): readonly VertexDefinition[] {
  if (value === 'any') return [];
  return 'kind' in value ? [value] : value;
}

function checkProperties(label: string, properties: Properties): void {
  for (const [name, declared] of Object.entries(properties)) {
    if (!PROPERTY_NAME.test(name) || RESERVED.has(name)) throw new Error(`"${label}.${name}" is no property name`);
    checkKind(`${label}.${name}`, declared);
  }
}

function checkKind(where: string, declared: Property): void {
  if (!PROPERTY_KINDS.includes(declared.kind)) throw new Error(`${where} has the unknown kind "${declared.kind}"`);
  const nested = declared.kind === 'list' || declared.kind === 'map';
  if (nested && !declared.of) throw new Error(`${where} does not say what it is a ${declared.kind} of`);
  if (declared.of) checkKind(where, declared.of);
  if (declared.of?.hidden) throw new Error(`${where} cannot hold hidden values`);
  if (declared.kind === 'one_of' && !declared.values?.length) throw new Error(`${where} has no values to choose from`);
  const mustHide = declared.kind === 'secret' || declared.kind === 'encrypted';
  if (declared.hidden !== mustHide) throw new Error(`${where} must ${mustHide ? '' : 'not '}be hidden`);
}

function checkSearched(label: string, properties: Properties, name: string): void {
  const kind = properties[name]?.kind;
  if (kind !== 'text' && kind !== 'slug') throw new Error(`${label} cannot be searched by "${name}", which is no text`);
}

function checkGroup(label: string, properties: Properties, group: readonly string[]): void {
  if (group.length === 0) throw new Error(`${label} has an empty key`);
  for (const name of group) {
    if (!Object.hasOwn(properties, name)) throw new Error(`${label} has a key over "${name}", which it does not have`);
  }
}
