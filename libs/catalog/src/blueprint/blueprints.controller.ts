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
import { BlueprintDeleteQueryDto, BlueprintPageDto, BlueprintResponseDto, BlueprintWriteDto } from './blueprint.dto.js';
import type { BlueprintScope } from './blueprint.mapper.js';
import { BlueprintPreviewDto, BlueprintPreviewResultDto } from './blueprint-preview.dto.js';
import { BlueprintPreviews } from './blueprint-preview.service.js';
import { BlueprintPurgeDto } from './blueprint-purge.dto.js';
import { BlueprintPurges } from './blueprint-purges.service.js';
import { BLUEPRINT_LIST, BlueprintsService } from './blueprints.service.js';

const EVERYWHERE: BlueprintScope = { id: null };

@ApiTags('Blueprints')
@Controller('/')
export class BlueprintsController {
  constructor(
    private readonly blueprints: BlueprintsService,
    private readonly previews: BlueprintPreviews,
    private readonly purges: BlueprintPurges,
  ) {}

  /**
   * Lists the blueprints in force in all organizations, enabled or not.
   *
   * @remarks Only those for all organizations: an organization's own are listed below it.
   */
  @Get('blueprints')
  @RequirePermission('blueprint:read')
  @Paged(BLUEPRINT_LIST)
  listBlueprints(@Query() query: PageQueryDto): Promise<BlueprintPageDto> {
    return this.blueprints.list(EVERYWHERE, query);
  }

  /**
   * Creates a blueprint for all organizations.
   *
   * @remarks It is in force from the next request on, in every process. The schema is refused (422
   * `validation_failed`, with pointers) where a keyword would not be enforced, a reference leaves it, a pattern needs
   * backtracking, it is too large or too deep, or it redefines a field that every entity has. What is stored already
   * and does not fit stays, and is marked in `attribute_errors`; the preview tells how much that would be.
   */
  @Post('blueprints')
  @RequirePermission('blueprint:create')
  @Location('/api/blueprints/{id}')
  @VersionedResponse()
  createBlueprint(@Body() body: BlueprintWriteDto): Promise<BlueprintResponseDto> {
    return this.blueprints.create(EVERYWHERE, body);
  }

  /**
   * Tells what a blueprint for all organizations would do to what is stored, without saving it.
   *
   * @remarks Looks at everything that it would be in force for, and counts what would not fit, what would fit again,
   * and what would not be seen any more; with samples. With `replaces`, that blueprint is taken to be changed into this
   * one; `enabled: false` shows what switching it off would do.
   */
  @Post('blueprints/preview')
  @HttpCode(200)
  @RequirePermission('blueprint:write')
  previewBlueprint(@Body() body: BlueprintPreviewDto): Promise<BlueprintPreviewResultDto> {
    return this.previews.preview(EVERYWHERE, body);
  }

  /**
   * Reads a blueprint.
   *
   * @remarks With `If-None-Match`, an unchanged blueprint is answered 304 without a body.
   */
  @Get('blueprints/:id')
  @RequirePermission('blueprint:read')
  @VersionedResponse()
  getBlueprint(@Param('id') id: string): Promise<BlueprintResponseDto> {
    return this.blueprints.get(EVERYWHERE, id);
  }

  /**
   * Replaces a blueprint: what the body leaves out is cleared.
   *
   * @remarks The whole document, as for creating; kind, type and edge cannot be changed (422). A stale `If-Match` is
   * refused (412 `version_mismatch`).
   */
  @Put('blueprints/:id')
  @RequirePermission('blueprint:write')
  @VersionedResponse()
  replaceBlueprint(
    @Param('id') id: string,
    @Body() body: BlueprintWriteDto,
    @IfMatch() version: number | undefined,
  ): Promise<BlueprintResponseDto> {
    return this.blueprints.replace(EVERYWHERE, id, body, { version });
  }

  /**
   * Changes parts of a blueprint, by a merge patch or a JSON patch.
   *
   * @remarks In a merge patch, null takes a single attribute out of the schema. The patched document is checked again as
   * a whole (422 `validation_failed`).
   */
  @Patch('blueprints/:id')
  @RequirePermission('blueprint:write')
  @Patches(BlueprintWriteDto)
  @VersionedResponse()
  updateBlueprint(
    @Param('id') id: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<BlueprintResponseDto> {
    return this.blueprints.patch(EVERYWHERE, id, patch, { version });
  }

  /**
   * Deletes a blueprint; with `purge=true`, with the values of its attributes.
   *
   * @remarks The values stay otherwise, unseen, and come back with a blueprint that declares them. With `purge=true` a
   * job removes them where no other blueprint declares them: the answer is 202 with how far that is, and `Location`
   * says where to ask again.
   */
  @Delete('blueprints/:id')
  @HttpCode(204)
  @RequirePermission('blueprint:delete')
  @ApiNoContentResponse({ description: 'It is gone.' })
  @Accepts('/api/blueprint-purges/{id}', BlueprintPurgeDto)
  deleteBlueprint(
    @Param('id') id: string,
    @Query() { purge }: BlueprintDeleteQueryDto,
    @IfMatch() version: number | undefined,
  ): Promise<BlueprintPurgeDto | undefined> {
    return this.blueprints.delete(EVERYWHERE, id, { version }, purge === 'true');
  }

  /**
   * Tells how far the removal of a deleted blueprint's attributes is.
   *
   * @remarks Entities are looked at in chunks; one that another blueprint declares the attribute for keeps its value.
   */
  @Get('blueprint-purges/:id')
  @RequirePermission('blueprint:delete')
  getBlueprintPurge(@Param('id') id: string): Promise<BlueprintPurgeDto> {
    return this.purges.get(EVERYWHERE, id);
  }
}
