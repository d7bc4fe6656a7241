import { Injectable } from '@nestjs/common';
import {
  type ListDefinition,
  type Page,
  type PageQueryDto,
  Pages,
  toCursorPosition,
  toKeysetPosition,
} from '#libs/http';
import type { SessionVertex } from './sessions.repository.js';
import { SessionsService } from './sessions.service.js';

export const SESSION_LIST: ListDefinition = { sortable: ['created_at'], defaultSort: '-created_at', filterable: {} };

/** The live sessions of a user by pages: the user's own view and that of who manages the user. */
@Injectable()
export class SessionPages {
  constructor(
    private readonly sessions: SessionsService,
    private readonly pages: Pages,
  ) {}

  async read<Item>(userId: string, query: PageQueryDto, toItem: (session: SessionVertex) => Item): Promise<Page<Item>> {
    const request = this.pages.read(`sessions of ${userId}`, query, SESSION_LIST);
    const { items, total } = await this.sessions.page(userId, {
      direction: request.sort[0]?.direction ?? 'desc',
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
      count: request.count,
    });
    return this.pages.answer(request, items, {
      item: toItem,
      position: (session) => toCursorPosition(request.sort, session),
      total,
    });
  }
}
