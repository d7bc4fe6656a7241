import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsOptional, Matches } from 'class-validator';
import { PageOf } from '#libs/http';
import { DescribedResponseDto, DescribedWriteDto } from '../shared/entity.dto.js';

/** An organization as a client writes it. */
export class OrganizationWriteDto extends DescribedWriteDto {
  /** Whether whoever does anything in it needs a second factor; absent for no. */
  @IsOptional()
  @IsBoolean()
  require_mfa?: boolean;
}

/** An organization. */
export class OrganizationResponseDto extends DescribedResponseDto {
  /** Whether whoever does anything in it needs a second factor. */
  require_mfa!: boolean;
}

/** A page of organizations. */
export class OrganizationPageDto extends PageOf(OrganizationResponseDto) {}

/** How an organization is deleted that owns something. */
export class CascadeAllQueryDto {
  /** `true` deletes everything in it too, as a job; without it an organization that owns anything is not deleted (409). */
  @IsOptional()
  @Matches(/^(true|false)$/, { message: 'must be true or false' })
  @ApiProperty({ type: 'boolean' })
  cascade?: string;
}
