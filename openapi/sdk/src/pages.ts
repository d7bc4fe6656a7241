/** One page of any list of the API. */
export interface PageOf<Item> {
  items: Item[];
  next_cursor: string | null;
}

type FetchPage<Item> = (cursor: string | undefined) => Promise<{ data: PageOf<Item> }>;

/**
 * Walks every page of a list; `fetchPage` is given the cursor to go on from.
 * @example
 * for await (const page of pages((cursor) => listTeams({ client, path, query: { cursor }, throwOnError: true })))
 *   console.log(page.items.length);
 */
export async function* pages<Item>(fetchPage: FetchPage<Item>): AsyncGenerator<PageOf<Item>, void> {
  let cursor: string | undefined;
  do {
    const { data } = await fetchPage(cursor);
    yield data;
    cursor = data.next_cursor ?? undefined;
  } while (cursor !== undefined);
}

/**
 * Walks every item of a list, page by page.
 * @example
 * for await (const team of items((cursor) => listTeams({ client, path, query: { cursor }, throwOnError: true })))
 *   console.log(team.name);
 */
export async function* items<Item>(fetchPage: FetchPage<Item>): AsyncGenerator<Item, void> {
  for await (const page of pages(fetchPage)) yield* page.items;
}
