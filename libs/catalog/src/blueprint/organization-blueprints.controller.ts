import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import {
  Accepts,
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
import { InOrganization, type OrganizationScope } from '../shared/organization-scope.js';
import { BlueprintDeleteQueryDto, BlueprintPageDto, BlueprintResponseDto, BlueprintWriteDto } from './blueprint.dto.js';
import { BlueprintPreviewDto, BlueprintPreviewResultDto } from './blueprint-preview.dto.js';
import { BlueprintPreviews } from './blueprint-preview.service.js';
import { BlueprintPurgeDto } from './blueprint-purge.dto.js';
import { BlueprintPurges } from './blueprint-purges.service.js';
import { BLUEPRINT_LIST, BlueprintsService } from './blueprints.service.js';

@ApiTags('Blueprints')
@Controller('organizations/:org')
export class OrganizationBlueprintsController {
  constructor(
    private readonly blueprints: BlueprintsService,
    private readonly previews: BlueprintPreviews,
    private readonly purges: BlueprintPurges,
  ) {}

  /**
   * Lists the blueprints in force in one organization, enabled or not.
   *
   * @remarks Those of the organization, and those for all (`organization_id` null), which are in force in it too and can only be
   * changed for all.
   */
  @Get('blueprints')
  @RequirePermission('blueprint:read')
  @Paged(BLUEPRINT_LIST)
  listOrganizationBlueprints(
    @InOrganization() scope: OrganizationScope,
    @Query() query: PageQueryDto,
  ): Promise<BlueprintPageDto> {
    return this.blueprints.list(scope, query);
  }

  /**
   * Creates a blueprint for one organization.
   *
   * @remarks It is in force from the next request on, in every process. The schema is refused (422
   * `validation_failed`, with pointers) where a keyword would not be enforced, a reference leaves it, a pattern needs
   * backtracking, it is too large or too deep, or it redefines a field that every entity has. What is stored already
   * and does not fit stays, and is marked in `attribute_errors`; the preview tells how much that would be.
   */
  @Post('blueprints')
  @RequirePermission('blueprint:create')
  @Location('/api/organizations/{org}/blueprints/{id}')
  @VersionedResponse()
  createOrganizationBlueprint(
    @InOrganization() scope: OrganizationScope,
    @Body() body: BlueprintWriteDto,
  ): Promise<BlueprintResponseDto> {
    return this.blueprints.create(scope, body);
  }

  /**
   * Tells what a blueprint for one organization would do to what is stored, without saving it.
   *
   * @remarks Looks at everything that it would be in force for, and counts what would not fit, what would fit again,
   * and what would not be seen any more; with samples. With `replaces`, that blueprint is taken to be changed into this
   * one; `enabled: false` shows what switching it off would do.
   */
  @Post('blueprints/preview')
  @HttpCode(200)
  @RequirePermission('blueprint:write')
  previewOrganizationBlueprint(
    @InOrganization() scope: OrganizationScope,
    @Body() body: BlueprintPreviewDto,
  ): Promise<BlueprintPreviewResultDto> {
    return this.previews.preview(scope, body);
  }

  /**
   * Reads a blueprint of an organization.
   *
   * @remarks With `If-None-Match`, an unchanged blueprint is answered 304 without a body.
   */
  @Get('blueprints/:id')
  @RequirePermission('blueprint:read')
  @VersionedResponse()
  getOrganizationBlueprint(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
  ): Promise<BlueprintResponseDto> {
    return this.blueprints.get(scope, id);
  }

  /**
   * Replaces a blueprint of an organization: what the body leaves out is cleared.
   *
   * @remarks The whole document, as for creating; kind, type and edge cannot be changed (422). A stale `If-Match` is
   * refused (412 `version_mismatch`).
   */
  @Put('blueprints/:id')
  @RequirePermission('blueprint:write')
  @VersionedResponse()
  replaceOrganizationBlueprint(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @Body() body: BlueprintWriteDto,
    @IfMatch() version: number | undefined,
  ): Promise<BlueprintResponseDto> {
    return this.blueprints.replace(scope, id, body, { version });
  }

  /**
   * Changes parts of a blueprint of an organization, by a merge patch or a JSON patch.
   *
   * @remarks In a merge patch, null takes a single attribute out of the schema. The patched document is checked again as
   * a whole (422 `validation_failed`).
   */
  @Patch('blueprints/:id')
  @RequirePermission('blueprint:write')
  @Patches(BlueprintWriteDto)
  @VersionedResponse()
  updateOrganizationBlueprint(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<BlueprintResponseDto> {
    return this.blueprints.patch(scope, id, patch, { version });
  }

  /**
   * Deletes a blueprint of an organization; with `purge=true`, with the values of its attributes.
   *
   * @remarks The values stay otherwise, unseen, and come back with a blueprint that declares them. With `purge=true` a
   * job removes them where no other blueprint declares them: the answer is 202 with how far that is, and `Location`
   * says where to ask again.
   */
  @Delete('blueprints/:id')
  @HttpCode(204)
  @RequirePermission('blueprint:delete')
  @ApiNoContentResponse({ description: 'It is gone.' })
  @Accepts('/api/organizations/{org}/blueprint-purges/{id}', BlueprintPurgeDto)
  deleteOrganizationBlueprint(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
    @Query() { purge }: BlueprintDeleteQueryDto,
    @IfMatch() version: number | undefined,
  ): Promise<BlueprintPurgeDto | undefined> {
    return this.blueprints.delete(scope, id, { version }, purge === 'true');
  }

  /**
   * Tells how far the removal of a deleted blueprint's attributes is in an organization.
   *
   * @remarks Entities are looked at in chunks; one that another blueprint declares the attribute for keeps its value.
   */
  @Get('blueprint-purges/:id')
  @RequirePermission('blueprint:delete')
  getOrganizationBlueprintPurge(
    @InOrganization() scope: OrganizationScope,
    @Param('id') id: string,
  ): Promise<BlueprintPurgeDto> {
    return this.purges.get(scope, id);
  }
}
