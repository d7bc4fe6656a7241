import { Body, Controller, Delete, Get, HttpCode, Inject, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  Authenticated,
  IfMatch,
  Location,
  Paged,
  PageQueryDto,
  PatchBody,
  type PatchDocument,
  Patches,
  RequirePermission,
  VersionedResponse,
} from '#libs/http';
import { NAMED_LIST } from '../shared/entity-kind.js';
import { InOrganization, type OrganizationScope } from '../shared/organization-scope.js';
import { OrganizationPageDto, OrganizationResponseDto, OrganizationWriteDto } from './organization.dto.js';
import { ORGANIZATION_VISIBILITY, type OrganizationVisibility } from './organization-visibility.js';
import { OrganizationsService } from './organizations.service.js';

@ApiTags('Organizations')
@Controller('organizations')
export class OrganizationsController {
  constructor(
    private readonly organizations: OrganizationsService,
    @Inject(ORGANIZATION_VISIBILITY) private readonly visibility: OrganizationVisibility,
  ) {}

  /** Lists the organizations in which the caller may do anything. */
  @Get()
  @Authenticated()
  @Paged(NAMED_LIST)
  async listOrganizations(@Query() query: PageQueryDto): Promise<OrganizationPageDto> {
    return this.organizations.list(await this.visibility.visible(), query);
  }

  /** Creates an organization. */
  @Post()
  @RequirePermission('organization:create')
  @Location('/api/organizations/{slug}')
  @VersionedResponse()
  createOrganization(@Body() body: OrganizationWriteDto): Promise<OrganizationResponseDto> {
    return this.organizations.create(body);
  }

  /** Reads an organization. */
  @Get(':org')
  @RequirePermission('organization:read')
  @VersionedResponse()
  getOrganization(@InOrganization() scope: OrganizationScope): Promise<OrganizationResponseDto> {
    return this.organizations.get(scope);
  }

  /** Replaces an organization: what the body leaves out is cleared. */
  @Put(':org')
  @RequirePermission('organization:write')
  @VersionedResponse()
  replaceOrganization(
    @InOrganization() scope: OrganizationScope,
    @Body() body: OrganizationWriteDto,
    @IfMatch() version: number | undefined,
  ): Promise<OrganizationResponseDto> {
    return this.organizations.replace(scope, body, { version });
  }

  /** Changes parts of an organization, by a merge patch or a JSON patch. */
  @Patch(':org')
  @RequirePermission('organization:write')
  @Patches(OrganizationWriteDto)
  @VersionedResponse()
  updateOrganization(
    @InOrganization() scope: OrganizationScope,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<OrganizationResponseDto> {
    return this.organizations.patch(scope, patch, { version });
  }

  /** Deletes an organization that owns nothing any more. */
  @Delete(':org')
  @HttpCode(204)
  @RequirePermission('organization:delete')
  deleteOrganization(
    @InOrganization() scope: OrganizationScope,
    @IfMatch() version: number | undefined,
  ): Promise<void> {
    return this.organizations.delete(scope, { version });
  }
}
