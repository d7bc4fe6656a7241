import { ApiProperty } from '@nestjs/swagger';

/** How far the deletion of an organization with all it owns is. */
export class OrganizationDeletionDto {
  /**
   * Its own id.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * The organization that is being deleted, or was.
   * @example kY3pQ9_vL2xWcT7rZ-s8D
   */
  organization_id!: string;

  /**
   * The slug it had.
   * @example acme
   */
  slug!: string;

  @ApiProperty({
    enum: ['pending', 'running', 'done', 'failed'],
    description:
      'A failed one was tried as often as a job is: the reason is with its dead letter, and replaying that goes on ' +
      'where it stopped.',
    example: 'running',
  })
  state!: DeletionState;

  /**
   * How many things and role assignments have been removed.
   * @example 4200
   */
  done!: number;

  /**
   * How many there were to be removed, as far as is known; equal to `done` in the end.
   * @example 10000
   */
  total!: number;

  /**
   * When it was asked for.
   * @example 2026-11-23T10:00:00.000Z
   */
  requested_at!: string;

  /** When it was begun; null while it waits. */
  started_at!: string | null;

  /** When it was done; null before. */
  finished_at!: string | null;
}

export type DeletionState = 'pending' | 'running' | 'done' | 'failed';
