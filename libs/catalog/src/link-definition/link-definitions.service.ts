import { Injectable } from '@nestjs/common';
import { Graph } from '#libs/graph';
import { type Expectation, Pages } from '#libs/http';
import { LinkDefinition } from '../model/organization-owned.vertex.js';
import { entityKind, NAMED_LIST } from '../shared/entity-kind.js';
import { OrganizationEntities } from '../shared/organization-entities.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import { LinkDefinitionResponseDto, LinkDefinitionWriteDto } from './link-definition.dto.js';
import { releaseLinks, renameLinks } from './link-users.js';

const kind = entityKind<typeof LinkDefinition, LinkDefinitionWriteDto, LinkDefinitionResponseDto>({
  definition: LinkDefinition,
  noun: 'link_definition',
  collection: 'link_definitions',
  writeDto: LinkDefinitionWriteDto,
  list: NAMED_LIST,
  onRename: renameLinks,
  toProperties: ({ slug, name, icon, url_template }) => ({ slug, name, icon: icon ?? null, url_template }),
  toResponse: ({ id, slug, name, icon, url_template, created_at, updated_at, version }) => ({
    id,
    slug,
    name,
    icon,
    url_template,
    created_at,
    updated_at,
    version,
  }),
});

@Injectable()
export class LinkDefinitionsService extends OrganizationEntities<LinkDefinitionWriteDto, LinkDefinitionResponseDto> {
  constructor(graph: Graph, pages: Pages) {
    super(graph, pages, kind);
  }

  /** Refused while projects have such a link, unless `cascade` says to remove their links. */
  async delete(scope: OrganizationScope, slug: string, expected: Expectation, cascade = false): Promise<void> {
    await this.remove(scope, slug, expected, (tx, definition) => releaseLinks(tx, definition, cascade));
  }
}
