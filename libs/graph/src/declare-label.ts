import type { MigrationBuilder } from '#libs/database';
import type { Definition } from './definition.js';

/** The statements that make a label's tables and indexes as its definition says. */
export function declareLabel(builder: MigrationBuilder, definition: Definition): void {
  if (definition.kind === 'edge') {
    builder.edge(definition.label, { unique: definition.unique });
    return;
  }
  builder.vertex(definition.label);
  for (const group of definition.unique) {
    // `vertex` makes the key over id.
    if (group.length > 1 || group[0] !== 'id') builder.unique(definition.label, group);
  }
  for (const group of definition.indexes) builder.index(definition.label, group);
  if (definition.search.length > 0) builder.search(definition.label, definition.search);
}
