import { PageOf } from '#libs/http';
import { DescribedResponseDto, DescribedWriteDto } from '../shared/entity.dto.js';

/** An organization as a client writes it. */
export class OrganizationWriteDto extends DescribedWriteDto {}

/** An organization. */
export class OrganizationResponseDto extends DescribedResponseDto {}

/** A page of organizations. */
export class OrganizationPageDto extends PageOf(OrganizationResponseDto) {}
