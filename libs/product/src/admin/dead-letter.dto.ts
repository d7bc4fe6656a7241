import { Transform } from 'class-transformer';
import { IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';

const QUEUE_PATTERN = /^[a-z][a-z0-9-]{0,63}$/;

/** Which dead letters. */
export class DeadLetterQueryDto {
  /** Only those of this queue. */
  @IsOptional()
  @Matches(QUEUE_PATTERN, { message: 'must be the name of a queue' })
  queue?: string;

  /**
   * How many items to answer with at most.
   * @example 50
   */
  @Transform(({ value }) => (typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : value))
  @IsInt()
  @Min(1)
  @Max(200)
  limit?: number = 50;

  /** `next_cursor` of the page before; leave out for the first page. */
  @IsOptional()
  @IsString()
  @Matches(/^\d{1,9}$/, { message: 'is no cursor of this list' })
  cursor?: string;
}

/** Which queue. */
export class ReplayAllDto {
  /**
   * The queue whose dead letters run again.
   * @example events
   */
  @Matches(QUEUE_PATTERN, { message: 'must be the name of a queue' })
  queue!: string;
}

/** A job that failed as often as it may be tried. */
export class DeadLetterResponseDto {
  /** The job's id. */
  id!: string;

  /**
   * The queue it is in.
   * @example events
   */
  queue!: string;

  /** The kind of job. */
  name!: string;

  /** What the job was told. */
  payload!: Record<string, unknown>;

  /** The name of who caused it. */
  actor!: string;

  /** How often it was tried. */
  attempts!: number;

  /** The last error. */
  reason!: string;

  /**
   * When it failed for good.
   * @example 2026-11-23T10:00:00.000Z
   */
  failed_at!: string;
}

/** A page of dead letters, newest first. */
export class DeadLetterPageDto {
  /** The dead letters. */
  items!: DeadLetterResponseDto[];

  /** Pass it back as `cursor` for the next page; null on the last one. */
  next_cursor!: string | null;

  /** How many there are in all. */
  total!: number;
}

/** What a replay came to. */
export class ReplayResultDto {
  /** How many jobs run again. */
  replayed!: number;
}
