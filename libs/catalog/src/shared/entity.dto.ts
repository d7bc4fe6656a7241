import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsObject, IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator';
import { SLUG_PATTERN } from '#libs/common';
import { FieldErrorDto } from '#libs/http';

export const SLUG_MESSAGE = 'must be 1 to 64 of a-z, 0-9 and -, not starting with -';

/** What every named thing of the catalogue takes. */
export class NamedWriteDto {
  /**
   * The name in addresses; unique within the organization. Changing it changes the address.
   * @example platform
   */
  @Matches(SLUG_PATTERN, { message: SLUG_MESSAGE })
  slug!: string;

  /**
   * The name people see.
   * @example Platform
   */
  @IsString()
  @Length(1, 200)
  name!: string;
}

/** What every described and extensible thing of the catalogue takes. */
export class DescribedWriteDto extends NamedWriteDto {
  /**
   * What it is, in a sentence or two; null or absent for none.
   * @example "Runs the shared infrastructure."
   */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  description?: string | null;

  /**
   * An icon: the address of an image, or the id of an upload; null or absent for none.
   * @example https://example.org/icon.svg
   */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  icon?: string | null;

  /**
   * What blueprints declare for its kind, by name; absent for none. Values that no blueprint in force declares are
   * refused.
   * @example {}
   */
  @IsOptional()
  @IsObject()
  attributes?: Record<string, unknown>;
}

/** What every thing of the catalogue answers. */
export class NamedResponseDto {
  /**
   * Nano ID; never changes.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * The name in addresses.
   * @example platform
   */
  slug!: string;

  /**
   * The name people see.
   * @example Platform
   */
  name!: string;

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

/** What every described and extensible thing of the catalogue answers. */
export class DescribedResponseDto extends NamedResponseDto {
  /** What it is; null where nobody said. */
  description!: string | null;

  /** The address of an image or the id of an upload; null where there is none. */
  icon!: string | null;

  /**
   * What blueprints in force declare for it, by name.
   * @example {}
   */
  attributes!: Record<string, unknown>;

  /** What is stored and does not fit the blueprints in force, with pointers into this document; empty where all fits. */
  attribute_errors!: FieldErrorDto[];
}

/** What becomes of stored values that a change leaves without a fitting blueprint. */
export class OnInvalidQueryDto {
  /**
   * `reject` refuses a write after which an attribute would not fit or would be seen no more; `keep` leaves values that
   * are stored already as they are, and the answer lists them in `attribute_errors`.
   */
  @IsOptional()
  @IsIn(['reject', 'keep'])
  on_invalid?: 'reject' | 'keep';
}

/** A short reference to another thing of the catalogue. */
export class ReferenceDto {
  /**
   * Its slug, which is also its address within the organization.
   * @example platform
   */
  slug!: string;

  /**
   * The name people see.
   * @example Platform
   */
  name!: string;
}

/** How a resource is deleted while others use it. */
export class ReplaceWithQueryDto {
  /**
   * The slug of the one that takes its place in the projects that use it; without it a used one is not deleted (409).
   */
  @IsOptional()
  @Matches(SLUG_PATTERN, { message: SLUG_MESSAGE })
  replace_with?: string;
}

/** How a resource that is attached to others is deleted. */
export class CascadeQueryDto {
  /** `true` takes it off the projects that use it; without it a used one is not deleted (409). */
  @IsOptional()
  @Matches(/^(true|false)$/, { message: 'must be true or false' })
  @ApiProperty({ type: 'boolean' })
  cascade?: string;
}
