/** Keeps the entries that were used last, so many of them: for what can be found out again at any time. */
export class RecentMap<Key, Value> {
  // A Map keeps the order of insertion, so its first entry is the one used longest ago.
  private readonly entries = new Map<Key, Value>();

  /** @param largest how many entries there may be; the one used longest ago goes first */
  constructor(private readonly largest: number) {}

  get size(): number {
    return this.entries.size;
  }

  /** The value, which counts as used now. */
  get(key: Key): Value | undefined {
    const value = this.entries.get(key);
    if (value === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  set(key: Key, value: Value): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size <= this.largest) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }

  delete(key: Key): void {
    this.entries.delete(key);
  }
}
