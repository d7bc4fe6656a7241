import { isJsonObject, type JsonObject } from '#libs/common';
import type { InsertOf, VertexOf } from '#libs/graph';
import type { Blueprint } from '../model/blueprint.vertex.js';
import type { BlueprintResponseDto, BlueprintWriteDto } from './blueprint.dto.js';
import { type BlueprintRecord, filterOf } from './blueprint-record.js';
import { subjectOf, targetOf } from './blueprint-rules.js';

export type BlueprintVertex = VertexOf<typeof Blueprint>;

/** Where a blueprint is in force: an organization, or null for all of them. */
export interface BlueprintScope {
  readonly id: string | null;
}

export function toBlueprintResponse(vertex: BlueprintVertex): BlueprintResponseDto {
  const { key: _key, filter, ...shown } = vertex;
  return { ...shown, filter: copyOfFilter(filter) };
}

/** What is stored of a blueprint that has no faults. */
export function toBlueprintProperties(scope: BlueprintScope, write: BlueprintWriteDto): InsertOf<typeof Blueprint> {
  const { slug, name, kind, enabled, priority, filter } = write;
  const edge = kind === 'relationship' ? (write.edge ?? null) : null;
  return {
    organization_id: scope.id,
    slug,
    name,
    description: write.description ?? null,
    kind,
    type: kind === 'node' ? (write.type ?? null) : null,
    source: edge && 'Project',
    edge,
    target: edge && targetOf(edge),
    enabled: enabled ?? true,
    priority: priority ?? 100,
    filter: copyOfFilter({ ...filter }),
    json_schema: schemaOf(write),
    key: [scope.id ?? 'all', kind, edge === null ? subjectOf(write) : `Project-${edge}-${targetOf(edge)}`, slug].join(
      ' ',
    ),
  };
}

/** A blueprint that is not stored, as it would be in force. */
export function toProposedRecord(scope: BlueprintScope, write: BlueprintWriteDto, id: string): BlueprintRecord {
  const { slug, enabled, priority } = toBlueprintProperties(scope, write);
  return {
    id,
    slug,
    organizationId: scope.id,
    subject: subjectOf(write),
    enabled,
    priority,
    filter: copyOfFilter({ ...write.filter }),
    schema: schemaOf(write),
    version: 0,
  };
}

function schemaOf({ json_schema }: BlueprintWriteDto): JsonObject {
  const schema: unknown = json_schema;
  if (!isJsonObject(schema)) throw new Error('the schema was not checked');
  return schema;
}

function copyOfFilter(filter: JsonObject) {
  const { project_type, environment } = filterOf(filter);
  return { project_type: [...new Set(project_type)], environment: [...new Set(environment)] };
}
