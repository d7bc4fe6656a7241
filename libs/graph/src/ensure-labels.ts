import { sql } from 'kysely';
import { type Database, MigrationBuilder } from '#libs/database';
import { declareLabel } from './declare-label.js';
import type { Definition, VertexDefinition } from './definition.js';
import { indexText, labelText, readSchema, type StoredSchema, searchText } from './schema-check.js';

// Any number will do as long as every process takes the same one.
const LOCK_KEY = 4_624_723;

/**
 * Makes the labels and indexes that run-time definitions (those of plugins) lack; returns the statements that ran.
 * What exists stays: neither data nor indexes that a definition no longer names are dropped.
 * @throws an error of the engine when existing vertices clash with a new unique key; then nothing was changed
 */
export async function ensureLabels(database: Database, definitions: readonly Definition[]): Promise<readonly string[]> {
  // Making a label locks AGE's catalogue for everybody, so the usual case, that nothing is missing, takes no transaction.
  if (missingStatements(await readSchema(database), definitions).length === 0) return [];
  return database.transaction(async (tx) => {
    await sql`select pg_advisory_xact_lock(${LOCK_KEY})`.execute(tx.kysely);
    await sql`set local search_path = public, ag_catalog`.execute(tx.kysely);
    const statements = missingStatements(await readSchema(tx), definitions);
    for (const statement of statements) await sql.raw(statement).execute(tx.kysely);
    return statements;
  });
}

function missingStatements(stored: StoredSchema, definitions: readonly Definition[]): readonly string[] {
  const builder = new MigrationBuilder();
  for (const definition of definitions) {
    if (!stored.labels.has(labelText(definition))) declareLabel(builder, definition);
    else if (definition.kind === 'vertex') declareMissingIndexes(builder, stored, definition);
  }
  return builder.statements;
}

function declareMissingIndexes(builder: MigrationBuilder, stored: StoredSchema, definition: VertexDefinition): void {
  const { label, unique, indexes, search } = definition;
  for (const group of unique) if (!stored.indexes.has(indexText(label, true, group))) builder.unique(label, group);
  for (const group of indexes) if (!stored.indexes.has(indexText(label, false, group))) builder.index(label, group);
  if (search.length > 0 && !stored.indexes.has(searchText(label, search))) builder.search(label, search);
}
