import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';
import { ID_PATTERN, SLUG_PATTERN } from '#libs/common';
import { RUN_STATES, type RunState } from './rescore-runs.repository.js';

const SLUG = { message: 'must be a slug' };

/** Which projects to score anew: those of one organization, or of all; and of these, those that one thing is about. */
export class RescoreDto {
  /**
   * The slug of the organization; leave out for all. What else is named, is named within it.
   * @example acme
   */
  @IsOptional()
  @Matches(SLUG_PATTERN, SLUG)
  organization?: string;

  /**
   * The id of one project.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  @IsOptional()
  @Matches(ID_PATTERN, { message: 'must be an id' })
  project?: string;

  /**
   * The slug of a project type: its projects.
   * @example http-api
   */
  @IsOptional()
  @Matches(SLUG_PATTERN, SLUG)
  project_type?: string;

  /**
   * The slug of a team: what it owns.
   * @example platform
   */
  @IsOptional()
  @Matches(SLUG_PATTERN, SLUG)
  team?: string;

  /**
   * The slug of a scoring policy: the projects it is for.
   * @example maturity
   */
  @IsOptional()
  @Matches(SLUG_PATTERN, SLUG)
  policy?: string;

  /**
   * The slug of a blueprint of projects: the projects of the types it is about.
   * @example service
   */
  @IsOptional()
  @Matches(SLUG_PATTERN, SLUG)
  blueprint?: string;
}

/** How far a run over many projects is. */
export class RescoreRunDto {
  /**
   * Its id.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  @ApiProperty({ enum: RUN_STATES, description: 'Whether it waits, goes on, is through, or was canceled.' })
  state!: RunState;

  /**
   * What made it necessary: `rescore`, or the event that did.
   * @example rescore
   */
  reason!: string;

  /**
   * How many projects have been looked at.
   * @example 4500
   */
  done!: number;

  /**
   * How many there are to look at, as far as is known.
   * @example 10000
   */
  total!: number;

  /**
   * How many of them had another score than before.
   * @example 120
   */
  changed!: number;

  /**
   * When it was asked for.
   * @example 2026-11-23T10:00:00.000Z
   */
  requested_at!: string;

  /** When it was begun; null while it waits. */
  started_at!: string | null;

  /** When it ended; null before. */
  finished_at!: string | null;
}
