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
import { LinkDefinitionPageDto, LinkDefinitionResponseDto, LinkDefinitionWriteDto } from './link-definition.dto.js';
import { LinkDefinitionsService } from './link-definitions.service.js';

@ApiTags('Link definitions')
@Controller('organizations/:org/link-definitions')
export class LinkDefinitionsController {
  constructor(private readonly definitions: LinkDefinitionsService) {}

  /**
   * Lists the link definitions of an organization.
   *
   * @remarks Sorted by name unless `sort` says otherwise, paged by keyset: nothing is listed twice or missed while
   * others write.
   */
  @Get()
  @RequirePermission('link_definition:read')
  @Paged(NAMED_LIST)
  listLinkDefinitions(
    @InOrganization() scope: OrganizationScope,
    @Query() query: PageQueryDto,
  ): Promise<LinkDefinitionPageDto> {
    return this.definitions.list(scope, query);
  }

  /**
   * Creates a link definition.
   *
   * @remarks The slug must be free in the organization, else 409 `already_exists`; the answer carries `Location` and
   * `ETag`.
   */
  @Post()
  @RequirePermission('link_definition:create')
  @Location('/api/organizations/{org}/link-definitions/{slug}')
  @VersionedResponse()
  createLinkDefinition(
    @InOrganization() scope: OrganizationScope,
    @Body() body: LinkDefinitionWriteDto,
  ): Promise<LinkDefinitionResponseDto> {
    return this.definitions.create(scope, body);
  }

  /**
   * Reads a link definition.
   *
   * @remarks With `If-None-Match`, an unchanged link definition is answered 304 without a body.
   */
  @Get(':slug')
  @RequirePermission('link_definition:read')
  @VersionedResponse()
  getLinkDefinition(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
  ): Promise<LinkDefinitionResponseDto> {
    return this.definitions.get(scope, slug);
  }

  /**
   * Replaces a link definition: what the body leaves out is cleared.
   *
   * @remarks The whole document, as for creating. A new slug changes the address and must be free (409
   * `already_exists`); a stale `If-Match` is refused (412 `version_mismatch`).
   */
  @Put(':slug')
  @RequirePermission('link_definition:write')
  @PutsAbsent('link_definition:create', '/api/organizations/{org}/link-definitions/{slug}', LinkDefinitionResponseDto)
  @VersionedResponse()
  replaceLinkDefinition(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @Body() body: LinkDefinitionWriteDto,
    @IfMatch() version: number | undefined,
    @IfNoneMatch() absent: boolean,
  ): Promise<LinkDefinitionResponseDto> {
    return this.definitions.replace(scope, slug, body, { version, absent });
  }

  /**
   * Changes parts of a link definition, by a merge patch or a JSON patch.
   *
   * @remarks The patched document is checked again as a whole (422 `validation_failed`); the fields that only the
   * server writes cannot be patched (400 `read_only_field`).
   */
  @Patch(':slug')
  @RequirePermission('link_definition:write')
  @Patches(LinkDefinitionWriteDto)
  @VersionedResponse()
  updateLinkDefinition(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<LinkDefinitionResponseDto> {
    return this.definitions.patch(scope, slug, patch, { version });
  }

  /**
   * Deletes a link definition; with `cascade=true` it is taken off the projects that use it.
   *
   * @remarks While projects have such a link, it is refused with their count (409 `in_use`), unless `cascade=true` says
   * to remove their links in the same transaction.
   */
  @Delete(':slug')
  @HttpCode(204)
  @RequirePermission('link_definition:delete')
  deleteLinkDefinition(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @Query() { cascade }: CascadeQueryDto,
    @IfMatch() version: number | undefined,
  ): Promise<void> {
    return this.definitions.delete(scope, slug, { version }, cascade === 'true');
  }
}
