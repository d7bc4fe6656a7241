import { Inject, Injectable } from '@nestjs/common';
import type { JsonScalar } from '#libs/common';
import { HTTP_KEYS, type HttpKeys } from '../app/http-keys.js';
import { CursorCodec } from './cursor.js';
import { type Filter, type FilterField, parseFilters } from './filter.js';
import type { Page, PageQueryDto } from './page.dto.js';
import { parseSort, type SortKey } from './sort.js';

/** What a list can be sorted and filtered by; one constant beside its DTO. */
export interface ListDefinition {
  readonly sortable: readonly string[];
  /** Such as `-updated_at`; `id` where nothing is said. */
  readonly defaultSort?: string;
  readonly filterable: Readonly<Record<string, FilterField>>;
  /** Other names that fields may be asked for by. */
  readonly aliases?: Readonly<Record<string, string>>;
}

/** A list request as a repository takes it. */
export interface ListRequest {
  /** The list and whose it is: cursors of one list are refused by every other. */
  readonly list: string;
  readonly limit: number;
  readonly sort: readonly SortKey[];
  readonly filters: readonly Filter[];
  /** The sort values of the last item of the page before, one for each sort key. */
  readonly after?: readonly JsonScalar[];
  readonly count: boolean;
}

/** Reads list queries and makes page answers. */
@Injectable()
export class Pages {
  private readonly cursors: CursorCodec;

  constructor(@Inject(HTTP_KEYS) keys: HttpKeys) {
    this.cursors = new CursorCodec(keys.cursor);
  }

  /**
   * @param list names the list and whose it is, such as `organizations/<id>/teams`
   * @throws DomainError `invalid_parameters`, `malformed_cursor` (400)
   */
  read(list: string, query: PageQueryDto, definition: ListDefinition): ListRequest {
    const sort = parseSort(query.sort, definition.sortable, definition.defaultSort, definition.aliases);
    const filters = parseFilters(query.filter, definition.filterable, definition.aliases);
    return {
      list,
      sort,
      filters,
      limit: query.limit,
      count: query.count === 'exact',
      after: query.cursor === undefined ? undefined : this.cursors.decode({ list, sort, filters }, query.cursor),
    };
  }

  /** The cursor of a position in the list of a request. */
  cursor(request: ListRequest, position: readonly JsonScalar[]): string {
    return this.cursors.encode(request, position);
  }

  /**
   * The page of `rows`, of which the repository fetched up to `limit + 1` to learn whether there are more.
   * @param position the sort values of a row, one for each of `request.sort`
   */
  answer<Row, Item>(
    request: ListRequest,
    rows: readonly Row[],
    options: { item: (row: Row) => Item; position: (row: Row) => readonly JsonScalar[]; total?: number },
  ): Page<Item> {
    const shown = rows.slice(0, request.limit);
    const last = shown.at(-1);
    const more = rows.length > request.limit && last !== undefined;
    return {
      items: shown.map(options.item),
      next_cursor: more ? this.cursors.encode(request, options.position(last)) : null,
      ...(options.total === undefined ? {} : { total: options.total }),
    };
  }
}
