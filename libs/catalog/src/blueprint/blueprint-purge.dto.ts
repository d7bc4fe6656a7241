import { ApiProperty } from '@nestjs/swagger';

export type PurgeState = 'pending' | 'running' | 'done' | 'failed';

/** How far the removal of the attributes of a deleted blueprint is. */
export class BlueprintPurgeDto {
  /**
   * Its own id.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /** The organization in which the blueprint was in force; null for all of them. */
  organization_id!: string | null;

  /**
   * The slug that the blueprint had.
   * @example service-levels
   */
  slug!: string;

  /**
   * The kind of vertex or the label of the edge whose attributes are removed.
   * @example Project
   */
  subject!: string;

  /**
   * The names of the attributes; values that another blueprint declares for an entity stay.
   * @example ["tier"]
   */
  attributes!: string[];

  @ApiProperty({
    enum: ['pending', 'running', 'done', 'failed'],
    description: 'A failed one was tried as often as a job is; replaying its dead letter goes on where it stopped.',
    example: 'running',
  })
  state!: PurgeState;

  /**
   * How many entities have been looked at.
   * @example 4200
   */
  checked!: number;

  /**
   * How many of them had values that were removed.
   * @example 310
   */
  removed!: number;

  /**
   * How many there were to look at when it began.
   * @example 10000
   */
  total!: number;

  /**
   * When it was asked for.
   * @example 2026-11-23T10:00:00.000Z
   */
  requested_at!: string;

  /** When it was done; null before. */
  finished_at!: string | null;
}
