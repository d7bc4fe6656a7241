const BATCH = 1000;

/**
 * Has `some` deal with at most `limit` rows, again and again until there are fewer: each a short transaction of its own,
 * however much there is to do. Returns how many it were.
 */
export async function inBatches(some: (limit: number) => Promise<number>, limit = BATCH): Promise<number> {
  let total = 0;
  for (;;) {
    const count = await some(limit);
    total += count;
    if (count < limit) return total;
  }
}
