import { DomainError } from '#libs/common';
import { uniqueIndexName, violatedUniqueIndex } from '#libs/database';
import type { Definition } from './definition.js';

/** Runs a write; a unique violation of the label becomes a conflict that names the clashing properties. */
export async function namingConflicts<Result>(definition: Definition, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    const index = violatedUniqueIndex(error);
    if (index === undefined) throw error;
    throw alreadyExists(definition, index, error);
  }
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
