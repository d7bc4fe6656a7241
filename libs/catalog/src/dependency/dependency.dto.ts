import { Transform } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { FieldErrorDto, PageOf } from '#libs/http';
import { ReferenceDto } from '../shared/entity.dto.js';

/** A project at the other end of a dependency. */
export class DependencyResponseDto extends ReferenceDto {
  /**
   * The project's id.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /** Properties of the dependency itself. */
  properties!: Record<string, unknown>;

  /** What of its properties does not fit the blueprints in force, with pointers into this document; absent where all fits. */
  attribute_errors?: FieldErrorDto[];
}

/** A page of dependencies or dependents. */
export class DependencyPageDto extends PageOf(DependencyResponseDto) {}

/** How far to look. */
export class ImpactQueryDto {
  /**
   * How many steps to follow at most.
   * @example 3
   */
  @Transform(({ value }) => (typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : value))
  @IsInt()
  @Min(1)
  @Max(50)
  depth?: number = 10;
}

/** A project that is reached over dependents. */
export class ImpactedProjectDto extends ReferenceDto {
  /**
   * The project's id.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * Steps of the shortest way to it.
   * @example 1
   */
  depth!: number;

  /** Ids of the projects on one shortest way, from the first dependent to this one. */
  path!: string[];

  /** Whether it depends on itself through others. */
  cyclic!: boolean;
}

/** Everything that is affected when a project fails. */
export class ImpactResponseDto {
  /** The projects that depend on it, directly or through others, nearest first. */
  projects!: ImpactedProjectDto[];

  /** Whether the project depends on itself through others. */
  cyclic!: boolean;

  /** Whether there are more than could be listed. */
  truncated!: boolean;
}
