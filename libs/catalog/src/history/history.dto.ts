import { ApiProperty } from '@nestjs/swagger';
import { ANY_JSON, PageOf } from '#libs/http';

/** Who made a change. */
export class ChangeActorDto {
  @ApiProperty({
    enum: ['user', 'service_account', 'system', 'anonymous'],
    description: 'What kind of principal.',
    example: 'user',
  })
  kind!: string;

  /**
   * Its id.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * Its name at the time.
   * @example "Ada Lovelace"
   */
  name!: string;
}

/** One field that a change touched. */
export class FieldChangeDto {
  /**
   * The field, as a JSON pointer.
   * @example /name
   */
  pointer!: string;

  @ApiProperty({ oneOf: [ANY_JSON], description: 'Its value before; null where it had none.', example: 'Old' })
  before!: unknown;

  @ApiProperty({ oneOf: [ANY_JSON], description: 'Its value after; null where it has none any more.', example: 'New' })
  after!: unknown;
}

/** One change of a project or of one of its edges. */
export class ChangeResponseDto {
  /** The change's id. */
  id!: string;

  /**
   * When it was made.
   * @example 2026-11-23T10:00:00.000Z
   */
  time!: string;

  /** Who made it. */
  actor!: ChangeActorDto;

  /**
   * The label of the vertex or edge.
   * @example Project
   */
  label!: string;

  @ApiProperty({ enum: ['create', 'update', 'delete'], description: 'What was done.', example: 'update' })
  operation!: string;

  /** The vertex's version after the change; 0 for an edge. */
  version!: number;

  /** The id at the other end, for a change of an edge. */
  other_id!: string | null;

  /** The request that made it, as in the server's log. */
  request_id!: string;

  /** What differs. */
  fields!: FieldChangeDto[];
}

/** A page of changes, newest first. */
export class ChangePageDto extends PageOf(ChangeResponseDto) {}
