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
import { OnInvalidQueryDto } from '../shared/entity.dto.js';
import { NAMED_LIST } from '../shared/entity-kind.js';
import { InOrganization, type OrganizationScope } from '../shared/organization-scope.js';
import { Cascades } from './cascades.decorator.js';
import {
  CascadeAllQueryDto,
  OrganizationPageDto,
  OrganizationResponseDto,
  OrganizationWriteDto,
} from './organization.dto.js';
import type { OrganizationDeletionDto } from './organization-deletion.dto.js';
import { ORGANIZATION_VISIBILITY, type OrganizationVisibility } from './organization-visibility.js';
import { OrganizationsService } from './organizations.service.js';

@ApiTags('Organizations')
@Controller('organizations')
export class OrganizationsController {
  constructor(
    private readonly organizations: OrganizationsService,
    @Inject(ORGANIZATION_VISIBILITY) private readonly visibility: OrganizationVisibility,
  ) {}

  /**
   * Lists the organizations in which the caller may do anything.
   *
   * @remarks Only those in which the caller holds a permission; an administrator sees all. Sorted by name unless `sort`
   * says otherwise.
   */
  @Get()
  @Authenticated()
  @Paged(NAMED_LIST)
  async listOrganizations(@Query() query: PageQueryDto): Promise<OrganizationPageDto> {
    return this.organizations.list(await this.visibility.visible(), query);
  }

  /**
   * Creates an organization.
   *
   * @remarks The slug must be free on the whole installation, else 409 `already_exists`. It is the tenant's part of
   * every address below it.
   */
  @Post()
  @RequirePermission('organization:create')
  @Location('/api/organizations/{slug}')
  @VersionedResponse()
  createOrganization(@Body() body: OrganizationWriteDto): Promise<OrganizationResponseDto> {
    return this.organizations.create(body);
  }

  /**
   * Reads an organization.
   *
   * @remarks One in which the caller may do nothing is answered 404, as if there were none. With `If-None-Match`, an
   * unchanged one is answered 304 without a body.
   */
  @Get(':org')
  @RequirePermission('organization:read')
  @VersionedResponse()
  getOrganization(@InOrganization() scope: OrganizationScope): Promise<OrganizationResponseDto> {
    return this.organizations.get(scope);
  }

  /**
   * Replaces an organization: what the body leaves out is cleared.
   *
   * @remarks The whole document, as for creating. A new slug changes the address of everything in it; a stale
   * `If-Match` is refused (412 `version_mismatch`).
   */
  @Put(':org')
  @RequirePermission('organization:write')
  @VersionedResponse()
  replaceOrganization(
    @InOrganization() scope: OrganizationScope,
    @Body() body: OrganizationWriteDto,
    @IfMatch() version: number | undefined,
    @Query() { on_invalid }: OnInvalidQueryDto,
  ): Promise<OrganizationResponseDto> {
    return this.organizations.replace(scope, body, { version }, on_invalid);
  }

  /**
   * Changes parts of an organization, by a merge patch or a JSON patch.
   *
   * @remarks The patched document is checked again as a whole (422 `validation_failed`); the fields that only the
   * server writes cannot be patched (400 `read_only_field`).
   */
  @Patch(':org')
  @RequirePermission('organization:write')
  @Patches(OrganizationWriteDto)
  @VersionedResponse()
  updateOrganization(
    @InOrganization() scope: OrganizationScope,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
    @Query() { on_invalid }: OnInvalidQueryDto,
  ): Promise<OrganizationResponseDto> {
    return this.organizations.patch(scope, patch, { version }, on_invalid);
  }

  /**
   * Deletes an organization that owns nothing any more; with `cascade=true`, one with all it owns.
   *
   * @remarks Refused while it owns anything at all, with the counts by kind (409 `in_use`). With `cascade=true`, which
   * only an administrator may say, it is not found from now on, and a job deletes everything in it: the answer is 202
   * with how far that is, and `Location` says where to ask again. Its slug is free again when that is done.
   */
  @Delete(':org')
  @HttpCode(204)
  @RequirePermission('organization:delete')
  @Cascades()
  deleteOrganization(
    @InOrganization() scope: OrganizationScope,
    @Query() { cascade }: CascadeAllQueryDto,
    @IfMatch() version: number | undefined,
  ): Promise<OrganizationDeletionDto | undefined> {
    return this.organizations.delete(scope, { version }, cascade === 'true');
  }
}
