import { Injectable } from '@nestjs/common';
import { Graph } from '#libs/graph';
import { type Expectation, Pages } from '#libs/http';
import { Tag } from '../model/organization-owned.vertex.js';
import { TaggedWith } from '../model/project.vertex.js';
import { entityKind, NAMED_LIST } from '../shared/entity-kind.js';
import { OrganizationEntities } from '../shared/organization-entities.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import { refuseWhileUsed, releaseProjects } from '../shared/project-users.js';
import { TagResponseDto, TagWriteDto } from './tag.dto.js';

const kind = entityKind<typeof Tag, TagWriteDto, TagResponseDto>({
  definition: Tag,
  noun: 'tag',
  collection: 'tags',
  writeDto: TagWriteDto,
  list: NAMED_LIST,
  toProperties: ({ slug, name }) => ({ slug, name }),
  toResponse: ({ id, slug, name, created_at, updated_at, version }) => ({
    id,
    slug,
    name,
    created_at,
    updated_at,
    version,
  }),
});

@Injectable()
export class TagsService extends OrganizationEntities<TagWriteDto, TagResponseDto> {
  constructor(graph: Graph, pages: Pages) {
    super(graph, pages, kind);
  }

  /** Refused while projects carry it, unless `cascade` says to take it off them. */
  async delete(scope: OrganizationScope, slug: string, expected: Expectation, cascade = false): Promise<void> {
    const usage = { edge: TaggedWith, noun: 'tag', field: 'tags' };
    await this.remove(scope, slug, expected, (tx, tag) =>
      cascade ? releaseProjects(tx, usage, tag) : refuseWhileUsed(tx, usage, tag),
    );
  }
}
