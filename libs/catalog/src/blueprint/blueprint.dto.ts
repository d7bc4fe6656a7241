import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { SLUG_PATTERN } from '#libs/common';
import { PageOf } from '#libs/http';
import { BLUEPRINT_EDGES, BLUEPRINT_TYPES } from '../model/blueprint.vertex.js';
import { SLUG_MESSAGE } from '../shared/entity.dto.js';

/** Which entities a blueprint is about. An empty list is about all; where both lists say something, both must hold. */
export class BlueprintFilterDto {
  /**
   * Slugs of project types: it is about projects that have any of them.
   * @example ["http-api"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @Matches(SLUG_PATTERN, { each: true, message: SLUG_MESSAGE })
  project_type?: string[] = [];

  /**
   * Slugs of environments: it is about deployments in any of them, and about projects deployed in any of them.
   * @example ["production"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @Matches(SLUG_PATTERN, { each: true, message: SLUG_MESSAGE })
  environment?: string[] = [];
}

/** A blueprint as a client writes it. */
export class BlueprintWriteDto {
  /**
   * Its name in the list of its kind and type or edge; unique there, within the organization or among those for all.
   * @example service-levels
   */
  @Matches(SLUG_PATTERN, { message: SLUG_MESSAGE })
  slug!: string;

  /**
   * The name people see.
   * @example Service levels
   */
  @IsString()
  @Length(1, 200)
  name!: string;

  /** What it is for; null or absent for none. */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  description?: string | null;

  @ApiProperty({
    enum: ['node', 'relationship'],
    description: 'Whether it is about entities or about the edges between them. It cannot be changed later.',
  })
  @IsIn(['node', 'relationship'])
  kind!: 'node' | 'relationship';

  @ApiProperty({
    enum: [...BLUEPRINT_TYPES, null],
    type: String,
    nullable: true,
    required: false,
    description: 'Of a node blueprint: whose attributes it declares. It cannot be changed later.',
  })
  @IsOptional()
  @IsIn(BLUEPRINT_TYPES)
  type?: (typeof BLUEPRINT_TYPES)[number] | null;

  @ApiProperty({
    enum: ['Project', null],
    type: String,
    nullable: true,
    required: false,
    description: 'Of a relationship blueprint: where the edge starts; absent for the only possible one.',
  })
  @IsOptional()
  @IsIn(['Project'])
  source?: 'Project' | null;

  @ApiProperty({
    enum: [...BLUEPRINT_EDGES, null],
    type: String,
    nullable: true,
    required: false,
    description: 'Of a relationship blueprint: whose properties it declares. It cannot be changed later.',
  })
  @IsOptional()
  @IsIn(BLUEPRINT_EDGES)
  edge?: (typeof BLUEPRINT_EDGES)[number] | null;

  @ApiProperty({
    enum: ['Environment', 'Project', null],
    type: String,
    nullable: true,
    required: false,
    description: 'Of a relationship blueprint: where the edge ends; absent for the only possible one.',
  })
  @IsOptional()
  @IsIn(['Environment', 'Project'])
  target?: 'Environment' | 'Project' | null;

  /** Whether it is in force. */
  @IsOptional()
  @IsBoolean()
  enabled?: boolean = true;

  /**
   * Which blueprint wins where two declare the same attribute: the one with the lower number; of equal ones the first by
   * slug.
   * @example 100
   */
  @IsOptional()
  @IsInt()
  @Min(-1000000)
  @Max(1000000)
  priority?: number = 100;

  /** Which entities it is about; absent for all. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => BlueprintFilterDto)
  filter?: BlueprintFilterDto;

  /**
   * JSON Schema 2020-12 of an object: its properties are the attributes.
   * @example {"type": "object", "properties": {"tier": {"type": "integer", "minimum": 1, "maximum": 4}}}
   */
  @IsObject()
  json_schema!: Record<string, unknown>;
}

/** A blueprint: attributes that people declared for a kind of entity, or for a kind of edge. */
export class BlueprintResponseDto {
  /**
   * Nano ID; never changes.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /** The organization in which it is in force; null for all of them. */
  organization_id!: string | null;

  /**
   * Its name in the list of its kind and type or edge.
   * @example service-levels
   */
  slug!: string;

  /**
   * The name people see.
   * @example Service levels
   */
  name!: string;

  /** What it is for; null where nobody said. */
  description!: string | null;

  @ApiProperty({ enum: ['node', 'relationship'], description: 'Whether it is about entities or about edges.' })
  kind!: 'node' | 'relationship';

  @ApiProperty({
    enum: [...BLUEPRINT_TYPES, null],
    type: String,
    nullable: true,
    description: 'Whose attributes it declares; null for edges.',
  })
  type!: string | null;

  /** Where the edge starts; null for nodes. */
  source!: string | null;

  @ApiProperty({
    enum: [...BLUEPRINT_EDGES, null],
    type: String,
    nullable: true,
    description: 'Whose properties it declares; null for nodes.',
  })
  edge!: string | null;

  /** Where the edge ends; null for nodes. */
  target!: string | null;

  /** Whether it is in force. */
  enabled!: boolean;

  /**
   * Which one wins a clash: the lower number.
   * @example 100
   */
  priority!: number;

  /** Which entities it is about. */
  filter!: BlueprintFilterDto;

  /** JSON Schema 2020-12 of the attributes. */
  json_schema!: Record<string, unknown>;

  /**
   * When it was made.
   * @example 2026-11-23T10:00:00.000Z
   */
  created_at!: string;

  /**
   * When it was last changed.
   * @example 2026-11-23T10:00:00.000Z
   */
  updated_at!: string;

  /**
   * Goes up by one with every change; the `ETag` of the resource.
   * @example 1
   */
  version!: number;
}

/** A page of blueprints. */
export class BlueprintPageDto extends PageOf(BlueprintResponseDto) {}

/** How a blueprint is deleted. */
export class BlueprintDeleteQueryDto {
  /** `true` removes the values of its attributes too, as a job; without it they stay, unseen, and come back with it. */
  @IsOptional()
  @Matches(/^(true|false)$/, { message: 'must be true or false' })
  @ApiProperty({ type: 'boolean' })
  purge?: string;
}
