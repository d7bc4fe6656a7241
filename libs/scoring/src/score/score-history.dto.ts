import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { PageOf, PageQueryDto } from '#libs/http';

export const GRANULARITIES = ['raw', 'hour', 'day'] as const;
export type Granularity = (typeof GRANULARITIES)[number];

/** A page of history, in which detail. */
export class ScoreHistoryQueryDto extends PageQueryDto {
  @ApiPropertyOptional({
    enum: GRANULARITIES,
    default: 'raw',
    description: 'Each change by itself, or all changes of an hour or a day (UTC) together.',
  })
  @IsOptional()
  @IsIn(GRANULARITIES)
  granularity?: Granularity = 'raw';
}

/** A change of a score, or the changes of an hour or a day. */
export class ScoreHistoryItemDto {
  /**
   * When it changed, or when the hour or day begins.
   * @example 2026-11-23T10:00:00.000Z
   */
  time!: string;

  /** The score after it; null where the project did not count from then on. */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  score!: number | null;

  /** The score before it; null where there was none. */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  previous_score!: number | null;

  /** The least score within it; null where there was none. */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  minimum!: number | null;

  /** The greatest score within it; null where there was none. */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  maximum!: number | null;

  /**
   * How many changes it stands for.
   * @example 1
   */
  changes!: number;

  /**
   * What made the last of them be computed.
   * @example project.updated
   */
  change_reason!: string;
}

/** A page of the history of a score, newest first. */
export class ScoreHistoryPageDto extends PageOf(ScoreHistoryItemDto) {}

/** Where a score is going. */
export class ScoreTrendDto {
  /**
   * From when on.
   * @example 2026-10-24T10:00:00.000Z
   */
  since!: string;

  /** The score now; null where there is none. */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  score!: number | null;

  /** The score at the beginning, or the first one since; null where there was none. */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  previous!: number | null;

  /** The difference; null where one of them is missing. */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  delta!: number | null;

  /** Which way that is; null where there is no difference to tell. */
  @ApiProperty({ enum: ['up', 'down', 'flat'], nullable: true })
  direction!: 'up' | 'down' | 'flat' | null;

  /**
   * How often it changed in that time.
   * @example 4
   */
  changes!: number;
}
