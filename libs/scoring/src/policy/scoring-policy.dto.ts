import { ApiProperty } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { SLUG_PATTERN } from '#libs/common';
import { PageOf } from '#libs/http';
import { DECIMALS } from '../engine/exact.js';
import { MEASURES, type Measure } from '../engine/measure.js';

const SLUG_MESSAGE = 'must be 1 to 64 of a-z, 0-9 and -, not starting with -';
const ATTRIBUTE = /^[A-Za-z_$][A-Za-z0-9_$-]*(\.[A-Za-z0-9_$-]+){0,3}$/;
const TARGET = /^([a-z0-9][a-z0-9-]{0,63}\/)?[a-z0-9][a-z0-9-]{0,63}$/;

const SCORE_MAP = {
  type: 'object',
  additionalProperties: { type: 'number', minimum: 0, maximum: 100 },
  nullable: true,
} as const;
const VALUE_MAP = {
  ...SCORE_MAP,
  description:
    'Value → score from 0 to 100. Texts match as they are, booleans by `"true"` and `"false"`, numbers by value.',
  example: { gold: 100, silver: 60 },
};
const RANGE_MAP = {
  ...SCORE_MAP,
  description:
    'Range → score from 0 to 100. A range is `low..high`, with the low end and without the high end; either may be ' +
    'missing. Gaps are allowed, overlaps are not.',
  example: { '..90': 100, '90..365': 50 },
};

/** A scoring policy as a client writes it: what an attribute of a project is worth. Give exactly one of the two maps. */
export class ScoringPolicyWriteDto {
  /**
   * The name in addresses; unique among the policies of its organization, or among those of all organizations.
   * @example maturity
   */
  @Matches(SLUG_PATTERN, { message: SLUG_MESSAGE })
  slug!: string;

  /**
   * The name people see.
   * @example Maturity
   */
  @IsString()
  @Length(1, 200)
  name!: string;

  /** What it is for; null or absent for nothing. */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  description?: string | null;

  /** What kind of policy it is; there is one kind so far. */
  @IsOptional()
  @IsIn(['attribute'])
  category?: 'attribute' = 'attribute';

  /**
   * The attribute of projects that it looks at: a field of every project (`slug`, `name`, `description`, `icon`, `links`,
   * `identifiers`, `environments`, `tags`, `created_at`, `updated_at`) or one that blueprints declare. A dot leads into a
   * map: `links.repository`.
   * @example maturity
   */
  @MaxLength(200)
  @Matches(ATTRIBUTE, { message: 'must be the name of an attribute, such as maturity or links.repository' })
  attribute_name!: string;

  @IsOptional()
  @IsIn(MEASURES)
  @ApiProperty({
    enum: MEASURES,
    default: 'value',
    description:
      'What of the attribute the map looks at: its `value`; the age of a date in days (`age_days`: whole days, UTC, ' +
      'from its date until today, negative for one to come); the `count` of members of a list or map; or whether there ' +
      'is anything (`present`: `"true"` or `"false"`).',
  })
  measure?: Measure = 'value';

  /**
   * How much it counts against the other policies, with at most four decimals.
   * @example 10
   */
  @IsNumber({ maxDecimalPlaces: DECIMALS })
  @Min(0)
  @Max(100)
  weight!: number;

  /** Whether it counts at all. */
  @IsOptional()
  @IsBoolean()
  enabled?: boolean = true;

  /** Where it is shown among others, the lowest first; it has no part in the score. */
  @IsOptional()
  @IsInt()
  @Min(-1_000_000)
  @Max(1_000_000)
  priority?: number = 0;

  @IsOptional()
  @IsObject()
  @ApiProperty(VALUE_MAP)
  value_score_map?: Record<string, number> | null;

  @IsOptional()
  @IsObject()
  @ApiProperty(RANGE_MAP)
  range_score_map?: Record<string, number> | null;

  /**
   * The slugs of the project types whose projects it is for; null or absent means all. In a policy for all organizations
   * each is `organization/type`.
   * @example ["http-api"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(200)
  @Matches(TARGET, { each: true, message: 'must be the slug of a project type' })
  project_types?: string[] | null;
}

/** A scoring policy: what an attribute of a project is worth. */
export class ScoringPolicyResponseDto {
  /**
   * Nano ID; never changes.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * The name in addresses.
   * @example maturity
   */
  slug!: string;

  /**
   * The name people see.
   * @example Maturity
   */
  name!: string;

  /** What it is for; null where nobody said. */
  description!: string | null;

  /** What kind of policy it is. */
  category!: 'attribute';

  /**
   * The attribute that it looks at.
   * @example maturity
   */
  attribute_name!: string;

  @ApiProperty({ enum: MEASURES, description: 'What of the attribute the map looks at.' })
  measure!: Measure;

  /**
   * How much it counts against the others.
   * @example 10
   */
  @ApiProperty({ format: 'double' })
  weight!: number;

  /** Whether it counts at all. It is switched off when the last of the types it is for is deleted. */
  enabled!: boolean;

  /** Where it is shown among others. */
  priority!: number;

  @ApiProperty(VALUE_MAP)
  value_score_map!: Record<string, number> | null;

  @ApiProperty(RANGE_MAP)
  range_score_map!: Record<string, number> | null;

  /** The project types it is for; null means all, and an empty list none any more. */
  project_types!: string[] | null;

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

/** A page of scoring policies. */
export class ScoringPolicyPageDto extends PageOf(ScoringPolicyResponseDto) {}
