import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { SLUG_PATTERN } from '#libs/common';
import { PageOf, PageQueryDto } from '#libs/http';
import { GrantedPrincipalDto, TIME, TIME_MESSAGE } from '../grant/grant.dto.js';
import { GRANT_ACTIONS, type GrantAction } from '../grant/grant.edge.js';

const PRINCIPAL = /^(user:[A-Za-z0-9_-]{21}|(group|service-account):[a-z0-9][a-z0-9-]{0,63})$/;
const PRINCIPAL_MESSAGE = 'must be user:<id>, group:<slug> or service-account:<slug>';
const PLACE = /^(organization:[a-z0-9][a-z0-9-]{0,63}|[a-z_]+:[A-Za-z0-9_-]{21})$/;
const PLACE_MESSAGE = 'must be organization:<slug>, project:<id> or team:<id>';
const SLUG_MESSAGE = 'must be 1 to 64 of a-z, 0-9 and -, not starting with -';

/** Which permission is asked about, and where. */
export class WhoCanQueryDto extends PageQueryDto {
  /**
   * The name of the permission.
   * @example project:write
   */
  @IsString()
  @MaxLength(200)
  permission!: string;

  /**
   * Where: `organization:<slug>`, `project:<id>` or `team:<id>`; everywhere where left out.
   * @example organization:acme
   */
  @IsOptional()
  @Matches(PLACE, { message: PLACE_MESSAGE })
  resource?: string;
}

/** Whose access is asked about. */
export class WhatCanQueryDto extends PageQueryDto {
  /**
   * Who: `user:<id>`, `group:<slug>` or `service-account:<slug>`.
   * @example group:platform-engineers
   */
  @Matches(PRINCIPAL, { message: PRINCIPAL_MESSAGE })
  principal!: string;
}

/** Whose access is to be explained. */
export class ExplainQueryDto {
  /**
   * Who: `user:<id>`, `group:<slug>` or `service-account:<slug>`.
   * @example group:platform-engineers
   */
  @Matches(PRINCIPAL, { message: PRINCIPAL_MESSAGE })
  principal!: string;

  /**
   * The name of the permission.
   * @example project:write
   */
  @IsString()
  @MaxLength(200)
  permission!: string;

  /**
   * Where: `organization:<slug>`, `project:<id>` or `team:<id>`; everywhere where left out.
   * @example organization:acme
   */
  @IsOptional()
  @Matches(PLACE, { message: PLACE_MESSAGE })
  resource?: string;
}

/** A group or role on the way to a permission. */
export class AccessStepDto {
  /**
   * Its slug.
   * @example platform-engineers
   */
  slug!: string;

  /**
   * The name people see.
   * @example "Platform engineers"
   */
  name!: string;
}

/** Where a permission is held or asked about. */
export class AccessPlaceDto {
  @ApiProperty({ enum: ['organization', 'project', 'team'], description: 'What it is.', example: 'project' })
  kind!: string;

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

  /** The name people see; null for organizations. */
  name!: string | null;

  /**
   * Slug of its organization; of an organization its own.
   * @example acme
   */
  organization!: string;
}

/** One way by which a permission is held. */
export class AccessPathDto {
  @ApiProperty({
    enum: ['administrator', 'role', 'grant'],
    description: 'By what: being an administrator, a role, or a grant on the resource.',
    example: 'role',
  })
  kind!: 'administrator' | 'role' | 'grant';

  @ApiProperty({
    type: [AccessStepDto],
    description: 'Through which groups, from the one the principal is in to the one that holds it; none for itself.',
  })
  groups!: readonly AccessStepDto[];

  @ApiProperty({
    type: [AccessStepDto],
    description: 'From the role that is held to the one that grants the permission; none for a grant.',
  })
  roles!: readonly AccessStepDto[];

  /** Slug of the organization in which the role is held; null for everywhere and for grants. */
  organization!: string | null;

  @ApiProperty({ isArray: true, enum: GRANT_ACTIONS, description: 'Of a grant, its actions.', example: ['read'] })
  actions!: readonly GrantAction[];

  /** Of a grant, when it expires; null for never. */
  expires_at!: string | null;
}

/** Something that would give the permission, were it not for one thing. */
export class MissingAccessDto {
  @ApiProperty({
    enum: ['inactive', 'role_elsewhere', 'expired_grant', 'grant_action', 'group', 'role', 'grant'],
    description:
      'What lacks: the account is switched off; a role is held in another organization only; a grant has expired, or ' +
      'lacks the action; being in this group, holding this role, or a grant with this action would do.',
    example: 'role_elsewhere',
  })
  kind!: string;

  /** Slug of the role it is about; null where it is about none. */
  role!: string | null;

  /** Slug of the group that holds it, or would; null for the principal itself. */
  group!: string | null;

  /** Slug of the organization in which the role is held, or would have to be; null for everywhere. */
  organization!: string | null;

  @ApiProperty({ isArray: true, enum: GRANT_ACTIONS, description: 'Actions of the grant.', example: ['write'] })
  actions!: readonly string[];

  /** When the grant expired; null where none did. */
  expires_at!: string | null;
}

/** Whether somebody may do something, and why. */
export class ExplanationDto {
  /** Whether the permission is held there. */
  allowed!: boolean;

  @ApiProperty({ type: GrantedPrincipalDto, description: 'Who was asked about.' })
  principal!: GrantedPrincipalDto;

  /**
   * The permission that was asked about.
   * @example project:write
   */
  permission!: string;

  @ApiProperty({ type: AccessPlaceDto, nullable: true, description: 'Where; null for everywhere.' })
  resource!: AccessPlaceDto | null;

  @ApiProperty({
    type: [AccessPathDto],
    description: 'Every assignment and grant that gives it, the shortest way first.',
  })
  paths!: readonly AccessPathDto[];

  @ApiProperty({
    type: [MissingAccessDto],
    description: 'Where it is not held: what would give it, the nearest first.',
  })
  missing!: readonly MissingAccessDto[];
}

/** Who holds a permission. */
export class PermissionHolderDto {
  @ApiProperty({ type: GrantedPrincipalDto, description: 'A user or a service account that is active.' })
  principal!: GrantedPrincipalDto;

  /** Whether it holds every permission, as an administrator. */
  is_admin!: boolean;
}

/** A page of who holds a permission. */
export class PermissionHolderPageDto extends PageOf(PermissionHolderDto) {}

/** A permission with where it is held. */
export class HeldPermissionDto {
  /**
   * Its name.
   * @example project:read
   */
  permission!: string;

  /** Slug of the organization in which it is held; null for everywhere. */
  organization!: string | null;

  @ApiProperty({
    type: AccessPlaceDto,
    nullable: true,
    description: 'The one resource on which it was granted by itself; null where a role gives it.',
  })
  resource!: AccessPlaceDto | null;
}

/** A page of what somebody may do. */
export class HeldPermissionPageDto extends PageOf(HeldPermissionDto) {}

/** A role as it would be changed. */
export class SimulatedRoleDto {
  /**
   * Slug of the role.
   * @example developer
   */
  @Matches(SLUG_PATTERN, { message: SLUG_MESSAGE })
  role!: string;

  /** What it would grant by itself; as it is where left out. */
  @IsOptional()
  @IsArray()
  @ArrayUnique()
  @IsString({ each: true })
  permissions?: string[];

  /** Slugs of the roles it would inherit from; as it is where left out. */
  @IsOptional()
  @IsArray()
  @ArrayUnique()
  @Matches(SLUG_PATTERN, { each: true, message: SLUG_MESSAGE })
  inherits?: string[];
}

/** A role that would be given or taken. */
export class SimulatedAssignmentDto {
  /**
   * Who: `user:<id>`, `group:<slug>` or `service-account:<slug>`.
   * @example group:platform-engineers
   */
  @Matches(PRINCIPAL, { message: PRINCIPAL_MESSAGE })
  principal!: string;

  /**
   * Slug of the role.
   * @example developer
   */
  @Matches(SLUG_PATTERN, { message: SLUG_MESSAGE })
  role!: string;

  /**
   * Slug of the organization it counts in; everywhere where left out.
   * @example acme
   */
  @IsOptional()
  @Matches(SLUG_PATTERN, { message: SLUG_MESSAGE })
  organization?: string;

  /** Whether it would be taken rather than given. */
  @IsOptional()
  @IsBoolean()
  remove?: boolean;
}

/** Somebody who would be put into a group or taken out. */
export class SimulatedMembershipDto {
  /**
   * Slug of the group.
   * @example platform-engineers
   */
  @Matches(SLUG_PATTERN, { message: SLUG_MESSAGE })
  group!: string;

  /**
   * Who: `user:<id>`, `group:<slug>` or `service-account:<slug>`.
   * @example group:on-call
   */
  @Matches(PRINCIPAL, { message: PRINCIPAL_MESSAGE })
  member!: string;

  /** Whether the member would be taken out rather than put in. */
  @IsOptional()
  @IsBoolean()
  remove?: boolean;
}

/** What would be granted on a resource, in place of what is. */
export class SimulatedGrantDto {
  /**
   * Who: `user:<id>`, `group:<slug>` or `service-account:<slug>`.
   * @example group:platform-engineers
   */
  @Matches(PRINCIPAL, { message: PRINCIPAL_MESSAGE })
  principal!: string;

  /**
   * On what: `project:<id>` or `team:<id>`.
   * @example project:V1StGXR8_Z5jdHi6B-myT
   */
  @Matches(PLACE, { message: PLACE_MESSAGE })
  resource!: string;

  @ApiProperty({
    isArray: true,
    enum: GRANT_ACTIONS,
    description: 'What would be granted; none takes the grant away.',
    example: ['read'],
  })
  @IsArray()
  @ArrayUnique()
  @IsIn(GRANT_ACTIONS, { each: true })
  actions!: GrantAction[];

  @ApiProperty({ type: String, format: 'date-time', required: false, nullable: true, description: 'Until when.' })
  @IsOptional()
  @Matches(TIME, { message: TIME_MESSAGE })
  expires_at?: string | null;
}

/** One change that somebody thinks of making: exactly one of these. */
export class AccessSimulationDto {
  @ApiProperty({ type: SimulatedRoleDto, required: false, description: 'A role is changed.' })
  @IsOptional()
  @ValidateNested()
  @Type(() => SimulatedRoleDto)
  role?: SimulatedRoleDto;

  @ApiProperty({ type: SimulatedAssignmentDto, required: false, description: 'A role is given or taken.' })
  @IsOptional()
  @ValidateNested()
  @Type(() => SimulatedAssignmentDto)
  role_assignment?: SimulatedAssignmentDto;

  @ApiProperty({ type: SimulatedMembershipDto, required: false, description: 'Somebody joins or leaves a group.' })
  @IsOptional()
  @ValidateNested()
  @Type(() => SimulatedMembershipDto)
  group_membership?: SimulatedMembershipDto;

  @ApiProperty({ type: SimulatedGrantDto, required: false, description: 'Access to one resource is given or taken.' })
  @IsOptional()
  @ValidateNested()
  @Type(() => SimulatedGrantDto)
  grant?: SimulatedGrantDto;
}

/** A permission that somebody would gain or lose. */
export class AccessDifferenceDto extends HeldPermissionDto {
  @ApiProperty({ type: GrantedPrincipalDto, description: 'Who: a user or a service account.' })
  principal!: GrantedPrincipalDto;
}

/** What a change would add to and remove from what people may do. */
export class AccessSimulationResultDto {
  @ApiProperty({ type: [AccessDifferenceDto], description: 'Who would gain what, by name; the first thousand.' })
  added!: readonly AccessDifferenceDto[];

  @ApiProperty({ type: [AccessDifferenceDto], description: 'Who would lose what, by name; the first thousand.' })
  removed!: readonly AccessDifferenceDto[];

  /** How many there are to gain in all. */
  added_total!: number;

  /** How many there are to lose in all. */
  removed_total!: number;
}
