/** The slowest graph that is plainly right: what the real one is compared with. */
export interface NaiveVertex {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly rank: number;
  readonly score: number | null;
  readonly version: number;
}

export interface NaiveEdge {
  readonly from: string;
  readonly to: string;
  readonly reason: string | null;
  readonly seen_by: string | null;
}

export class NaiveGraph {
  readonly vertices = new Map<string, NaiveVertex>();
  edges: readonly NaiveEdge[] = [];

  patch(id: string, set: Partial<NaiveVertex>): void {
    const before = this.vertices.get(id);
    if (!before) return;
    const after = { ...before, ...set };
    const same = JSON.stringify(before) === JSON.stringify(after);
    this.vertices.set(id, same ? before : { ...after, version: before.version + 1 });
  }

  remove(id: string): void {
    this.vertices.delete(id);
    this.edges = this.edges.filter((edge) => edge.from !== id && edge.to !== id);
  }

  edge(from: string, to: string): NaiveEdge | undefined {
    return this.edges.find((edge) => edge.from === from && edge.to === to);
  }

  disconnect(from: string, to: string): void {
    this.edges = this.edges.filter((edge) => edge.from !== from || edge.to !== to);
  }

  connect(edge: NaiveEdge): void {
    this.edges = [...this.edges, edge];
  }

  /** Depth of everything reachable, by relaxing every edge as often as there are steps. */
  depths(start: string, direction: 'out' | 'in' | 'both', maxDepth: number): Map<string, number> {
    const depths = new Map([[start, 0]]);
    for (let depth = 1; depth <= maxDepth; depth += 1) {
      for (const { from, to } of this.edges) {
        if (direction !== 'in' && depths.get(from) === depth - 1 && !depths.has(to)) depths.set(to, depth);
        if (direction !== 'out' && depths.get(to) === depth - 1 && !depths.has(from)) depths.set(from, depth);
      }
    }
    depths.delete(start);
    return depths;
  }

  reachesItself(start: string, within: ReadonlySet<string>): boolean {
    const seen = new Set<string>();
    const open = [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const { from, to } of this.edges) {
        if (from !== at || !within.has(to) || seen.has(to)) continue;
        if (to === start) return true;
        seen.add(to);
        open.push(to);
      }
    }
    return false;
  }

  /** Sorted as the graph sorts: unset values are the greatest, ties are broken by id in the last key's direction. */
  sorted(order: readonly (readonly [keyof NaiveVertex, 'asc' | 'desc'])[]): NaiveVertex[] {
    const keys = [...order, ['id', order.at(-1)?.[1] ?? 'asc'] as const];
    return [...this.vertices.values()].sort((left, right) => {
      for (const [key, direction] of keys) {
        const by = compare(left[key], right[key]);
        if (by !== 0) return direction === 'asc' ? by : -by;
      }
      return 0;
    });
  }
}

// Bytes, as the C collation of the test databases compares.
function compare(left: string | number | null, right: string | number | null): number {
  if (left === right) return 0;
  if (left === null) return 1;
  if (right === null) return -1;
  return left < right ? -1 : 1;
}
