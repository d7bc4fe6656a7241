import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, IsInt, IsNumber, IsObject, IsOptional, Max, Min } from 'class-validator';
import { ScoringPolicyWriteDto } from '../policy/scoring-policy.dto.js';

const MAX_POLICIES = 500;
const LISTED = ['changing', 'dropping'] as const;
export type Listed = (typeof LISTED)[number];

/** A set of policies to try out. */
export class SimulationDto {
  /**
   * The policies that would be in force instead of those that are: instead of the organization’s own, or instead of those
   * for all organizations. Each as for creating one.
   */
  @ApiProperty({ type: [ScoringPolicyWriteDto] })
  @IsArray()
  @ArrayMaxSize(MAX_POLICIES)
  @IsObject({ each: true })
  policies!: Record<string, unknown>[];

  /**
   * The score of which is told who would drop below it.
   * @example 80
   */
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(100)
  @ApiProperty({ format: 'double' })
  threshold?: number;

  @IsOptional()
  @IsIn(LISTED)
  @ApiProperty({
    enum: LISTED,
    default: 'changing',
    description:
      'Which projects to list: all that would have another score, or those that would drop below the threshold.',
  })
  list?: Listed = 'changing';

  /**
   * How many projects to list at most, those that change most first.
   * @example 100
   */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(10_000)
  limit?: number = 100;

  /**
   * In how many equal parts 0 to 100 is divided.
   * @example 10
   */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100)
  buckets?: number = 10;
}

/** A project whose score would change. */
export class SimulatedProjectDto {
  /**
   * The project's id.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * The project's slug.
   * @example api
   */
  slug!: string;

  /** The id of its organization. */
  organization_id!: string;

  /**
   * What its score comes to now.
   * @example 90
   */
  @ApiProperty({ format: 'double' })
  before!: number;

  /**
   * What it would come to.
   * @example 72.5
   */
  @ApiProperty({ format: 'double' })
  after!: number;

  /**
   * The difference.
   * @example -17.5
   */
  @ApiProperty({ format: 'double' })
  delta!: number;

  /** Whether it would drop below the threshold. */
  drops!: boolean;
}

/** How many scores are in a part of the scale, before and after; 100 belongs to the last. */
export class SimulatedBucketDto {
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
   * How many projects are in it now.
   * @example 7
   */
  before!: number;

  /**
   * How many would be.
   * @example 5
   */
  after!: number;
}

/** What a set of policies would change. */
export class SimulationResultDto {
  /**
   * How many projects there are; archived ones are not counted.
   * @example 120
   */
  projects!: number;

  /**
   * How many of them would have another score.
   * @example 14
   */
  changed!: number;

  /** The mean score now, to four decimals; null without projects. */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  average_before!: number | null;

  /** The mean score then, to four decimals; null without projects. */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  average_after!: number | null;

  /**
   * How many would drop below the threshold; 0 where none was given.
   * @example 3
   */
  dropping!: number;

  /** From 0 to 100. */
  distribution!: SimulatedBucketDto[];

  /** The projects that would change, or drop below the threshold if these were asked for; the greatest differences first. */
  items!: SimulatedProjectDto[];

  /** Whether there are more of them than are listed. */
  truncated!: boolean;
}
