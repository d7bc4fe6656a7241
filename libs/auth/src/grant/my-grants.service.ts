import { Injectable } from '@nestjs/common';
import { type ListDefinition, type Page, type PageQueryDto, Pages } from '#libs/http';
import { unauthenticated } from '../auth-problems.js';
import { currentAuth } from '../principal/auth-context.js';
import type { MyGrantResponseDto } from './grant.dto.js';
import { GRANT_KINDS } from './grant-kinds.js';
import { actionsOf } from './grant-sql.js';
import { toPrincipal } from './grants.service.js';
import { type MyGrantRow, MyGrantsReadModel } from './my-grants.read-model.js';

export const MY_GRANT_LIST: ListDefinition = { sortable: ['name'], defaultSort: 'name', filterable: {} };

/** What was granted to the caller: whoever has no role in an organization finds there nothing but by this. */
@Injectable()
export class MyGrants {
  constructor(
    private readonly pages: Pages,
    private readonly readModel: MyGrantsReadModel,
  ) {}

  async list(query: PageQueryDto): Promise<Page<MyGrantResponseDto>> {
    const auth = currentAuth();
    if (!auth) throw unauthenticated();
    const { kind, id } = auth.principal;
    const request = this.pages.read(`grants to ${id}`, query, MY_GRANT_LIST);
    const [name = '', resource = '', principal = ''] = (request.after ?? []).map(String);
    const rows = await this.readModel.list({ kind, id }, new Date(), {
      after: request.after && { name, resource, principal },
      descending: request.sort[0]?.direction === 'desc',
      limit: request.limit + 1,
      count: request.count,
    });
    return this.pages.answer(request, rows, {
      item: toResponse,
      position: (row) => [row.resource_name, row.resource_id, row.id],
      total: request.count ? Number(rows[0]?.total ?? 0) : undefined,
    });
  }
}

function toResponse(row: MyGrantRow): MyGrantResponseDto {
  const kind = GRANT_KINDS.find(({ name }) => name === row.resource_kind);
  return {
    resource: {
      kind: kind?.name ?? 'project',
      id: row.resource_id,
      slug: row.resource_slug,
      name: row.resource_name,
      organization: row.organization,
    },
    actions: actionsOf(row.actions),
    granted_to: toPrincipal({ kind: row.kind, id: row.id, slug: row.slug, name: row.name }),
    expires_at: row.expires_at,
  };
}
