import { ApiProperty } from '@nestjs/swagger';
import { ArrayNotEmpty, ArrayUnique, IsArray, IsIn, IsOptional, Matches } from 'class-validator';
import { PageOf } from '#libs/http';
import { GRANT_ACTIONS, type GrantAction } from './grant.edge.js';
import { GRANT_KINDS, type GrantKindName } from './grant-kinds.js';

// A time to the second at least, with its zone: which moment is meant must not depend on where the server stands.
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

export const TIME_MESSAGE = 'must be a time with its zone, such as 2030-01-31T12:00:00Z';

/** What is granted on a resource, as a client writes it. */
export class GrantWriteDto {
  @ApiProperty({
    isArray: true,
    enum: GRANT_ACTIONS,
    description: 'What may be done with the resource; `admin` is all of it, and deciding who else may.',
    example: ['read', 'write'],
  })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(GRANT_ACTIONS, { each: true })
  actions!: GrantAction[];

  @ApiProperty({
    type: String,
    format: 'date-time',
    required: false,
    nullable: true,
    description: 'From when on it grants nothing; null or absent for never. Must be in the future.',
    example: '2099-12-31T23:59:59.000Z',
  })
  @IsOptional()
  @Matches(TIME, { message: TIME_MESSAGE })
  expires_at?: string | null;
}

/** Who was granted something. */
export class GrantedPrincipalDto {
  @ApiProperty({ enum: ['user', 'service_account', 'group'], description: 'What it is.', example: 'user' })
  kind!: 'user' | 'service_account' | 'group';

  /**
   * Its id.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /** Slug of a group or a service account; null for users, who have none. */
  slug!: string | null;

  /**
   * The name people see.
   * @example "Ada Lovelace"
   */
  name!: string;

  /**
   * As addresses and questions name it.
   * @example user:V1StGXR8_Z5jdHi6B-myT
   */
  reference!: string;
}

/** What somebody was granted on a resource. */
export class GrantResponseDto {
  @ApiProperty({ type: GrantedPrincipalDto, description: 'Who was granted it; a group stands for all who are in it.' })
  principal!: GrantedPrincipalDto;

  @ApiProperty({
    isArray: true,
    enum: GRANT_ACTIONS,
    description: 'What may be done with the resource.',
    example: ['read', 'write'],
  })
  actions!: GrantAction[];

  /** Id of who granted it. */
  granted_by!: string;

  /**
   * When it was granted, or last changed.
   * @example 2026-11-23T10:00:00.000Z
   */
  granted_at!: string;

  /** From when on it grants nothing; null for never. */
  expires_at!: string | null;
}

/** A page of the grants on a resource. */
export class GrantPageDto extends PageOf(GrantResponseDto) {}

/** A resource to which access can be granted by itself. */
export class GrantableResourceDto {
  @ApiProperty({ enum: GRANT_KINDS.map(({ name }) => name), description: 'What it is.', example: 'project' })
  kind!: GrantKindName;

  /**
   * Its id.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * Its slug.
   * @example api
   */
  slug!: string;

  /**
   * The name people see.
   * @example API
   */
  name!: string;

  /**
   * Slug of its organization.
   * @example acme
   */
  organization!: string;
}

/** What the caller was granted. */
export class MyGrantResponseDto {
  @ApiProperty({ type: GrantableResourceDto, description: 'What it was granted on.' })
  resource!: GrantableResourceDto;

  @ApiProperty({
    isArray: true,
    enum: GRANT_ACTIONS,
    description: 'What may be done with the resource.',
    example: ['read'],
  })
  actions!: GrantAction[];

  @ApiProperty({ type: GrantedPrincipalDto, description: 'Who it was granted to: the caller, or a group they are in.' })
  granted_to!: GrantedPrincipalDto;

  /** From when on it grants nothing; null for never. */
  expires_at!: string | null;
}

/** A page of what the caller was granted. */
export class MyGrantPageDto extends PageOf(MyGrantResponseDto) {}
