import type { Type } from '@nestjs/common';
import type { JsonObject } from '#libs/common';
import type { GraphTransaction, InsertOf, VertexDefinition, VertexOf } from '#libs/graph';
import type { ListDefinition } from '#libs/http';
import type { NamedResponseDto, NamedWriteDto } from './entity.dto.js';
import type { Extension } from './entity-attributes.js';

/** What sets one kind of entity apart from the others that an organization owns and addresses by slug. */
export interface EntityKind<Write extends NamedWriteDto, Response extends NamedResponseDto> {
  readonly definition: VertexDefinition;
  /** As errors name it, such as `team`; with `.created` and so on, as domain events name it. */
  readonly noun: string;
  /** As cursors name its list. */
  readonly collection: string;
  readonly writeDto: Type<Write>;
  readonly list: ListDefinition;
  toProperties(write: Write): Readonly<Record<string, unknown>>;
  /** @param extension its attributes; kinds that have none leave them out */
  toResponse(vertex: JsonObject, extension: Extension): Response;
  /** For kinds that others refer to by slug rather than by an edge: makes them follow, in the same transaction. */
  onRename?(tx: GraphTransaction, before: JsonObject, after: JsonObject): Promise<void>;
}

interface TypedKind<D extends VertexDefinition, Write extends NamedWriteDto, Response extends NamedResponseDto>
  extends Pick<EntityKind<Write, Response>, 'noun' | 'collection' | 'writeDto' | 'list' | 'onRename'> {
  readonly definition: D;
  toProperties(write: Write): Omit<InsertOf<D>, 'id' | 'organization_id'>;
  toResponse(vertex: VertexOf<D>, extension: Extension): Response;
}

/** Checks a kind against its vertex definition, and forgets the definition's type, which generic code cannot use. */
export function entityKind<D extends VertexDefinition, Write extends NamedWriteDto, Response extends NamedResponseDto>(
  kind: TypedKind<D, Write, Response>,
): EntityKind<Write, Response>;
export function entityKind(kind: unknown): unknown {
  return kind;
}

/** The sorting and filtering that every named entity offers. */
export const NAMED_LIST: ListDefinition = {
  sortable: ['name', 'slug', 'created_at', 'updated_at'],
  defaultSort: 'name',
  filterable: {
    slug: { type: 'text' },
    name: { type: 'text' },
    created_at: { type: 'datetime' },
    updated_at: { type: 'datetime' },
  },
};
