import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  IfMatch,
  IfNoneMatch,
  Location,
  Paged,
  PageQueryDto,
  PatchBody,
  type PatchDocument,
  Patches,
  RequirePermission,
  VersionedResponse,
} from '#libs/http';
import { CascadeQueryDto } from '../shared/entity.dto.js';
import { NAMED_LIST } from '../shared/entity-kind.js';
import { InOrganization, type OrganizationScope } from '../shared/organization-scope.js';
import { PutsAbsent } from '../shared/puts-absent.decorator.js';
import { TagPageDto, TagResponseDto, TagWriteDto } from './tag.dto.js';
import { TagsService } from './tags.service.js';

@ApiTags('Tags')
@Controller('organizations/:org/tags')
export class TagsController {
  constructor(private readonly tags: TagsService) {}

  /**
   * Lists the tags of an organization.
   *
   * @remarks Sorted by name unless `sort` says otherwise, paged by keyset: nothing is listed twice or missed while
   * others write.
   */
  @Get()
  @RequirePermission('tag:read')
  @Paged(NAMED_LIST)
  listTags(@InOrganization() scope: OrganizationScope, @Query() query: PageQueryDto): Promise<TagPageDto> {
    return this.tags.list(scope, query);
  }

  /**
   * Creates a tag.
   *
   * @remarks The slug must be free in the organization, else 409 `already_exists`; the answer carries `Location` and
   * `ETag`.
   */
  @Post()
  @RequirePermission('tag:create')
  @Location('/api/organizations/{org}/tags/{slug}')
  @VersionedResponse()
  createTag(@InOrganization() scope: OrganizationScope, @Body() body: TagWriteDto): Promise<TagResponseDto> {
    return this.tags.create(scope, body);
  }

  /**
   * Reads a tag.
   *
   * @remarks With `If-None-Match`, an unchanged tag is answered 304 without a body.
   */
  @Get(':slug')
  @RequirePermission('tag:read')
  @VersionedResponse()
  getTag(@InOrganization() scope: OrganizationScope, @Param('slug') slug: string): Promise<TagResponseDto> {
    return this.tags.get(scope, slug);
  }

  /**
   * Replaces a tag: what the body leaves out is cleared.
   *
   * @remarks The whole document, as for creating. A new slug changes the address and must be free (409
   * `already_exists`); a stale `If-Match` is refused (412 `version_mismatch`).
   */
  @Put(':slug')
  @RequirePermission('tag:write')
  @PutsAbsent('tag:create', '/api/organizations/{org}/tags/{slug}', TagResponseDto)
  @VersionedResponse()
  replaceTag(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @Body() body: TagWriteDto,
    @IfMatch() version: number | undefined,
    @IfNoneMatch() absent: boolean,
  ): Promise<TagResponseDto> {
    return this.tags.replace(scope, slug, body, { version, absent });
  }

  /**
   * Changes parts of a tag, by a merge patch or a JSON patch.
   *
   * @remarks The patched document is checked again as a whole (422 `validation_failed`); the fields that only the
   * server writes cannot be patched (400 `read_only_field`).
   */
  @Patch(':slug')
  @RequirePermission('tag:write')
  @Patches(TagWriteDto)
  @VersionedResponse()
  updateTag(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<TagResponseDto> {
    return this.tags.patch(scope, slug, patch, { version });
  }

  /**
   * Deletes a tag; with `cascade=true` it is taken off the projects that use it.
   *
   * @remarks While projects carry it, it is refused with their count (409 `in_use`), unless `cascade=true` says to take
   * it off them in the same transaction.
   */
  @Delete(':slug')
  @HttpCode(204)
  @RequirePermission('tag:delete')
  deleteTag(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @Query() { cascade }: CascadeQueryDto,
    @IfMatch() version: number | undefined,
  ): Promise<void> {
    return this.tags.delete(scope, slug, { version }, cascade === 'true');
  }
}
