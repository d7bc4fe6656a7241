import { sql } from 'kysely';
import type { Database } from '#libs/database';
import type { Definition, EdgeDefinition, VertexDefinition } from './definition.js';
import type { GraphModel } from './graph-model.js';
import { MEMBER_INDEX_PREFIX } from './member-indexes.js';

/** A label or index, as text that says what it is: `label Team`, `unique index on Team (organization_id, slug)`. */
export interface SchemaReport {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
}

export interface StoredSchema {
  readonly labels: ReadonlySet<string>;
  readonly indexes: ReadonlySet<string>;
}

/** Compares the labels and indexes of the database with the definitions; changes nothing. */
export async function verifyGraphSchema(database: Database, model: GraphModel): Promise<SchemaReport> {
  const stored = await readSchema(database);
  const definitions: readonly Definition[] = [...model.vertices, ...model.edges];
  const expected = new Set(definitions.flatMap((one) => [labelText(one), ...expectedIndexes(one)]));
  const actual = new Set([...stored.labels, ...stored.indexes]);
  return {
    missing: [...expected].filter((one) => !actual.has(one) && !isSatisfied(one, actual)),
    unexpected: [...actual].filter((one) => !expected.has(one) && !isAutomatic(one)),
  };
}

export async function readSchema(database: Pick<Database, 'kysely'>): Promise<StoredSchema> {
  const labels = await sql<{ label: string; kind: string }>`
    select l.name::text as label, l.kind::text as kind from ag_catalog.ag_label l
    join ag_catalog.ag_graph g on g.graphid operator(pg_catalog.=) l.graph
    where g.name = 'imbi' and l.name not like '\\_ag\\_%'`.execute(database.kysely);
  const indexes = await sql<{ label: string; is_unique: boolean; definition: string }>`
    select c.relname::text as label, i.indisunique as is_unique, pg_catalog.pg_get_indexdef(i.indexrelid) as definition
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indrelid
    join pg_catalog.pg_class own on own.oid = i.indexrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'imbi' and c.relname not like '\\_ag\\_%' and not starts_with(own.relname::text, ${MEMBER_INDEX_PREFIX})`.execute(
    database.kysely,
  );
  return {
    labels: new Set(labels.rows.map((row) => `${row.kind === 'v' ? 'vertex' : 'edge'} label ${row.label}`)),
    indexes: new Set(indexes.rows.map(textOfIndex)),
  };
}

function textOfIndex(row: { label: string; is_unique: boolean; definition: string }): string {
  const columns = indexedColumns(row.definition);
  return row.definition.includes('USING gin')
    ? searchText(row.label, columns)
    : indexText(row.label, row.is_unique, columns);
}

export function labelText(definition: Definition): string {
  return `${definition.kind} label ${definition.label}`;
}

export function indexText(label: string, unique: boolean, columns: readonly string[]): string {
  return `${unique ? 'unique index' : 'index'} on ${label} (${columns.join(', ')})`;
}

export function searchText(label: string, properties: readonly string[]): string {
  return `search index on ${label} (${properties.join(', ')})`;
}

function expectedIndexes(definition: Definition): string[] {
  return definition.kind === 'vertex' ? vertexIndexes(definition) : edgeIndexes(definition);
}

function vertexIndexes({ label, unique, indexes, search }: VertexDefinition): string[] {
  return [
    indexText(label, false, ['graphid']),
    ...unique.map((group) => indexText(label, true, group)),
    ...indexes.map((group) => indexText(label, false, group)),
    ...(search.length > 0 ? [searchText(label, search)] : []),
  ];
}

function edgeIndexes({ label, unique }: EdgeDefinition): string[] {
  const end = indexText(label, false, ['end_id']);
  if (unique === 'start') return [indexText(label, true, ['start_id']), end];
  const start = indexText(label, false, ['start_id']);
  return unique === 'pair' ? [start, indexText(label, true, ['start_id', 'end_id']), end] : [start, end];
}

// A unique index serves wherever a plain one is asked for.
function isSatisfied(expected: string, actual: ReadonlySet<string>): boolean {
  return expected.startsWith('index on ') && actual.has(`unique ${expected}`);
}

// AGE 1.7 makes indexes over row ids and ends by itself.
function isAutomatic(found: string): boolean {
  return /\((graphid|start_id|end_id)\)$/.test(found);
}

function indexedColumns(definition: string): string[] {
  const properties = [...definition.matchAll(/'"([a-z0-9_]+)"'::(?:ag_catalog\.)?agtype/g)].map(
    (match) => match[1] ?? '',
  );
  if (properties.length > 0) return properties;
  const columns = /USING \w+ \(([^)]*)\)/.exec(definition)?.[1] ?? definition;
  return columns.split(', ').map((column) => (column === 'id' ? 'graphid' : column));
}
