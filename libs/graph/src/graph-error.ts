import { DomainError } from '#libs/common';
import { uniqueIndexName, violatedUniqueIndex } from '#libs/database';
import type { Definition } from './definition.js';

/** Runs a write; a unique violation of the label becomes a conflict that names the clashing properties. */
export async function namingConflicts<Result>(definition: Definition, write: () => Promise<Result>): Promise<Result> {
  return namingConflictsOf([definition], write);
}

/** {@link namingConflicts} of a write to several labels. */
export async function namingConflictsOf<Result>(
  definitions: readonly [Definition, ...Definition[]],
  write: () => Promise<Result>,
): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    const index = violatedUniqueIndex(error);
    if (index === undefined) throw error;
    const clashing = definitions.find((definition) => hasUniqueIndex(definition, index)) ?? definitions[0];
    throw alreadyExists(clashing, index, error);
  }
}

function hasUniqueIndex({ kind, label, unique }: Definition, index: string): boolean {
  if (kind === 'edge') return index === `${label}_${unique}_key`;
  return unique.some((group) => uniqueIndexName(label, group) === index);
}

function alreadyExists(definition: Definition, index: string, cause: unknown): DomainError {
  const properties = clashingProperties(definition, index);
  const message =
    definition.kind === 'vertex'
      ? `Another ${definition.label} already has this ${properties.join(' and ') || 'key'}.`
      : `The ${definition.label} edge already exists.`;
  return new DomainError('already_exists', 'conflict', message, {
    details: { label: definition.label, properties },
    cause,
  });
}

function clashingProperties(definition: Definition, index: string): readonly string[] {
  if (definition.kind === 'edge') return index === `${definition.label}_start_key` ? ['from'] : ['from', 'to'];
  return definition.unique.find((group) => uniqueIndexName(definition.label, group) === index) ?? [];
}

export function versionMismatch(label: string, expected: number, current: number): DomainError {
  const message = `The ${label} has changed: version ${expected} was expected, ${current} is current.`;
  return new DomainError('version_mismatch', 'precondition_failed', message, {
    details: { expected_version: expected, current_version: current },
  });
}

/** An edge was to end at a vertex that is not there (any more). */
export function missingEnd(label: string, ids: readonly string[]): DomainError {
  return new DomainError('edge_end_not_found', 'not_found', `A vertex that ${label} should join was not found.`, {
    details: { label, ids },
  });
}
