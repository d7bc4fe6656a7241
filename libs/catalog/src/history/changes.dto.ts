import { ApiProperty } from '@nestjs/swagger';
import { IsISO8601, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import type { EntityChange } from '#libs/analytics';
import { SLUG_PATTERN } from '#libs/common';
import { PageOf, PageQueryDto } from '#libs/http';
import { SLUG_MESSAGE } from '../shared/entity.dto.js';
import { fieldChanges, stateOf } from './field-changes.js';
import { ChangeActorDto, FieldChangeDto } from './history.dto.js';

/** From where changes are read, and of what. */
export class ChangeFeedQueryDto extends PageQueryDto {
  /**
   * Only what was changed at or after this time; from the beginning without it. A `cursor` takes precedence.
   * @example 2026-11-23T10:00:00Z
   */
  @IsOptional()
  @IsISO8601({ strict: true })
  since?: string;

  /**
   * Only in the organization of this slug; in all that the caller may see without it.
   * @example acme
   */
  @IsOptional()
  @Matches(SLUG_PATTERN, { message: SLUG_MESSAGE })
  organization?: string;

  /**
   * Only of vertices and edges with these labels, comma-separated.
   * @example Project,OWNED_BY
   */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  label?: string;
}

/** One change of a vertex or an edge. */
export class ChangeFeedItemDto {
  /** The change's id. A change that is seen twice has the same one. */
  id!: string;

  /**
   * When it was made.
   * @example 2026-11-23T10:00:00.000Z
   */
  time!: string;

  /**
   * The slug of the organization, as it is now.
   * @example acme
   */
  organization!: string;

  /** Who made it. */
  actor!: ChangeActorDto;

  @ApiProperty({ enum: ['vertex', 'edge'], description: 'What was changed.', example: 'vertex' })
  kind!: string;

  /**
   * The label of the vertex or edge.
   * @example Project
   */
  label!: string;

  /**
   * The id of the vertex, or what names the edge for good.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  entity_id!: string;

  @ApiProperty({ enum: ['create', 'update', 'delete'], description: 'What was done.', example: 'update' })
  operation!: string;

  /** The vertex's version after the change; 0 for an edge. */
  version!: number;

  /** Where the edge starts; null for a vertex. */
  from_id!: string | null;

  /** Where the edge ends; null for a vertex. */
  to_id!: string | null;

  /** The request that made it, as in the server's log. */
  request_id!: string;

  /** What differs. */
  fields!: FieldChangeDto[];
}

/** Changes in the order in which they were made. */
export class ChangeFeedDto extends PageOf(ChangeFeedItemDto) {
  /** Where this page ends: passed as `cursor`, now or next week, it goes on from here. */
  position!: string;
}

export function toFeedItem(change: EntityChange, organization: string): ChangeFeedItemDto {
  const isEdge = change.entity_kind === 'edge';
  return {
    id: change.change_id,
    time: change.time,
    organization,
    actor: { kind: change.actor_kind, id: change.actor_id, name: change.actor_name },
    kind: change.entity_kind,
    label: change.label,
    entity_id: change.entity_id,
    operation: change.operation,
    version: change.version,
    from_id: isEdge ? change.from_id : null,
    to_id: isEdge ? change.to_id : null,
    request_id: change.request_id,
    fields: fieldChanges(stateOf(change.before), stateOf(change.after)),
  };
}
