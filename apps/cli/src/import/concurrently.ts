/** Runs `work` for every item, at most `limit` at a time; the first failure ends it. */
export async function forEachConcurrently<Item>(
  all: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = all.values();
  await Promise.all(
    Array.from({ length: limit }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}
