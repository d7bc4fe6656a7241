import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { FilterQueryDto, PageOf, PageQueryDto } from '#libs/http';

/** What a page of the audit log is asked for by. */
export class AuditQueryDto extends PageQueryDto {
  /**
   * Only events whose action begins with this.
   * @example auth.
   */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  action_prefix?: string;
}

/** What is exported of the audit log. */
export class AuditExportQueryDto extends FilterQueryDto {
  /**
   * Only events whose action begins with this.
   * @example auth.
   */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  action_prefix?: string;
}

/** Who did something. */
export class AuditActorDto {
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

/** What something was done to. */
export class AuditResourceDto {
  /**
   * What kind of thing.
   * @example User
   */
  kind!: string;

  /**
   * Its id; null where it had none, or none was found.
   * @example kY3pQ9_vL2xWcT7rZ-s8D
   */
  id!: string | null;
}

/** An event of the audit log. */
export class AuditEventResponseDto {
  /**
   * The event's id.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /**
   * When it happened.
   * @example 2026-11-23T10:00:00.000Z
   */
  time!: string;

  /** Id of the organization in which it happened; null where it concerns the whole installation. */
  organization_id!: string | null;

  /** Who did it, or tried to. */
  actor!: AuditActorDto;

  /** The session or API key that it was done with; null where there was none. */
  credential_id!: string | null;

  /**
   * What was done.
   * @example auth.login
   */
  action!: string;

  @ApiProperty({
    enum: ['success', 'failure', 'denied'],
    description: 'How it ended: done, tried in vain, or not allowed.',
    example: 'success',
  })
  outcome!: string;

  /** What it was done to; null where that is nothing in particular. */
  resource!: AuditResourceDto | null;

  /**
   * A stable word for why it failed, was denied or was done; null where there is nothing to say.
   * @example wrong_password
   */
  reason!: string | null;

  /**
   * The address it came from; null where it did not come over HTTP.
   * @example 203.0.113.9
   */
  ip!: string | null;

  /**
   * What the caller's program called itself.
   * @example curl/8.5.0
   */
  user_agent!: string | null;

  /** The request it was part of, as in the server's log. */
  request_id!: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'More about it, by action. Never a secret.',
    example: { role: 'viewer' },
  })
  detail!: Record<string, unknown>;
}

/** A page of audit events, newest first. */
export class AuditEventPageDto extends PageOf(AuditEventResponseDto) {}
