import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { SLUG_PATTERN } from '#libs/common';
import { PageOf, PageQueryDto } from '#libs/http';

export const ROLLUP_KEYS = ['team', 'project_type', 'organization'] as const;
export type RollupKey = (typeof ROLLUP_KEYS)[number];

/** A page of a rollup, by what. */
export class RollupQueryDto extends PageQueryDto {
  @ApiPropertyOptional({
    enum: ROLLUP_KEYS,
    default: 'team',
    description: 'Whose scores are taken together. A project counts once for each of its types.',
  })
  @IsOptional()
  @IsIn(ROLLUP_KEYS)
  by?: RollupKey = 'team';
}

/** The scores of a team, a project type or an organization together. Archived projects are not counted. */
export class RollupItemDto {
  /**
   * The slug of the organization.
   * @example acme
   */
  organization!: string;

  /**
   * The slug of the team, project type or organization.
   * @example platform
   */
  slug!: string;

  /**
   * Its name.
   * @example Platform
   */
  name!: string;

  /**
   * How many projects it has.
   * @example 12
   */
  projects!: number;

  /**
   * How many of them have a score.
   * @example 12
   */
  scored!: number;

  /** The mean of their scores, to four decimals; null without any. */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  average!: number | null;

  /** The least of their scores; null without any. */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  minimum!: number | null;

  /** The greatest of their scores; null without any. */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  maximum!: number | null;
}

/** A page of a rollup, by organization and slug. */
export class RollupPageDto extends PageOf(RollupItemDto) {}

/** How fine, and of which projects. */
export class DistributionQueryDto {
  /**
   * In how many equal parts 0 to 100 is divided.
   * @example 10
   */
  @Transform(({ value }) => (typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : value))
  @IsInt()
  @Min(1)
  @Max(100)
  buckets?: number = 10;

  /** Only projects of the team with this slug. */
  @IsOptional()
  @Matches(SLUG_PATTERN, { message: 'must be a slug' })
  team?: string;

  /** Only projects of the type with this slug. */
  @IsOptional()
  @Matches(SLUG_PATTERN, { message: 'must be a slug' })
  project_type?: string;
}

/** How many scores are from `low` up to, and without, `high`; 100 belongs to the last bucket. */
export class DistributionBucketDto {
  /**
   * The low end.
   * @example 90
   */
  @ApiProperty({ format: 'double' })
  low!: number;

  /**
   * The high end.
   * @example 100
   */
  @ApiProperty({ format: 'double' })
  high!: number;

  /**
   * How many projects.
   * @example 7
   */
  projects!: number;
}

/** How the scores of projects are spread. Archived projects are not counted. */
export class DistributionDto {
  /**
   * How many projects there are.
   * @example 120
   */
  projects!: number;

  /**
   * How many of them have a score.
   * @example 118
   */
  scored!: number;

  /** The mean of their scores, to four decimals; null without any. */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  average!: number | null;

  /** The score that half of them reach; null without any. */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  median!: number | null;

  /** From 0 to 100. */
  buckets!: DistributionBucketDto[];
}
