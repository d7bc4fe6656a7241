import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '#libs/http';
import { OrganizationDeletionDto } from './organization-deletion.dto.js';
import { OrganizationDeletions } from './organization-deletions.service.js';

@ApiTags('Organizations')
@Controller('organization-deletions')
export class OrganizationDeletionsController {
  constructor(private readonly deletions: OrganizationDeletions) {}

  /**
   * Tells how far the deletion of an organization with all it owns is.
   *
   * @remarks Beside the organizations rather than below one, because it can be read when the organization is gone. The
   * permission must hold everywhere.
   */
  @Get(':id')
  @RequirePermission('organization:delete')
  getOrganizationDeletion(@Param('id') id: string): Promise<OrganizationDeletionDto> {
    return this.deletions.get(id);
  }
}
