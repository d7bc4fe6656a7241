import { IsOptional, Matches } from 'class-validator';
import { ID_PATTERN } from '#libs/common';
import { FieldErrorDto } from '#libs/http';
import { BlueprintWriteDto } from './blueprint.dto.js';

/** A blueprint as it would be written. */
export class BlueprintPreviewDto extends BlueprintWriteDto {
  /** The id of the blueprint that it would replace; absent for a new one. */
  @IsOptional()
  @Matches(ID_PATTERN, { message: 'must be an id' })
  replaces?: string;
}

/** Something that would not fit any more. */
export class BlueprintPreviewSampleDto {
  /**
   * The organization that it belongs to.
   * @example kY3pQ9_vL2xWcT7rZ-s8D
   */
  organization_id!: string;

  /**
   * The id of the entity, or of the one that the edge starts at.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * Its slug.
   * @example api
   */
  slug!: string;

  /** Of an edge: the slug of the entity that it leads to; null for entities. */
  to!: string | null;

  /** What would not fit, with pointers into the attributes. */
  errors!: FieldErrorDto[];
}

/** What a blueprint would do to what is stored. */
export class BlueprintPreviewResultDto {
  /**
   * How many entities or edges it would be in force for, or was.
   * @example 1200
   */
  checked!: number;

  /**
   * How many fit now and would not fit then.
   * @example 12
   */
  would_become_invalid!: number;

  /**
   * How many do not fit now and would fit then.
   * @example 0
   */
  would_become_valid!: number;

  /**
   * How many fit neither now nor then.
   * @example 3
   */
  would_stay_invalid!: number;

  /**
   * How many have values that would not be seen any more.
   * @example 0
   */
  would_be_hidden!: number;

  /** The first of those that would become invalid, at most 20. */
  samples!: BlueprintPreviewSampleDto[];
}
