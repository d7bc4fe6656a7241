import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsObject, IsOptional, Matches } from 'class-validator';
import { FieldErrorDto } from '#libs/http';
import { ProjectWriteDto } from './project.dto.js';

/** How a batch is carried out. */
export class ProjectBatchQueryDto {
  /** `true` writes all items or none; without it each item stands for itself. */
  @IsOptional()
  @Matches(/^(true|false)$/, { message: 'must be true or false' })
  @ApiProperty({ type: 'boolean' })
  atomic?: string;

  /** `create` fails an item whose slug is taken; `upsert` makes the project with that slug what the item says. */
  @IsOptional()
  @IsIn(['create', 'upsert'])
  mode?: 'create' | 'upsert';

  /** As for replacing one project: what becomes of stored attributes that do not fit any more. */
  @IsOptional()
  @IsIn(['reject', 'keep'])
  on_invalid?: 'reject' | 'keep';
}

/** Many projects in one call. */
export class ProjectBatchDto {
  /** Up to 1,000 projects, each as for creating one. */
  @ApiProperty({ type: [ProjectWriteDto] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1000)
  @IsObject({ each: true })
  items!: Record<string, unknown>[];
}

/** What became of one item. */
export class ProjectBatchItemDto {
  /**
   * The item's place in the request, from 0.
   * @example 0
   */
  index!: number;

  /** What was done. */
  status!: 'created' | 'updated' | 'unchanged' | 'failed';

  /** The project's id, unless the item failed. */
  id?: string;

  /**
   * The item's slug, where it had one.
   * @example api
   */
  slug?: string;

  /** Why the item failed: the code of the problem. */
  code?: string;

  /** Why the item failed, in words. */
  detail?: string;

  /** Every fault of the item, with pointers into it. */
  errors?: FieldErrorDto[];
}

/** What became of a batch. */
export class ProjectBatchResultDto {
  /** How many projects were created. */
  created!: number;

  /** How many projects were changed. */
  updated!: number;

  /** How many projects were already as the item says. */
  unchanged!: number;

  /** How many items failed. */
  failed!: number;

  /** One result an item, in the order of the request. */
  items!: ProjectBatchItemDto[];
}
