/** Which nodes of a directed graph can reach themselves (Tarjan's strong components, without recursion). */
export function cyclicMembers(edges: readonly (readonly [from: string, to: string])[]): ReadonlySet<string> {
  const next = new Map<string, string[]>();
  const cyclic = new Set<string>();
  for (const [from, to] of edges) {
    const targets = next.get(from) ?? [];
    targets.push(to);
    next.set(from, targets);
    if (from === to) cyclic.add(from);
  }
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  for (const root of next.keys()) {
    if (index.has(root)) continue;
    const work: { node: string; child: number }[] = [{ node: root, child: 0 }];
    while (work.length > 0) {
      const frame = work.at(-1);
      if (!frame) break;
      const { node } = frame;
      if (frame.child === 0) {
        index.set(node, index.size);
        low.set(node, index.get(node) ?? 0);
        open.push(node);
        isOpen.add(node);
      }
      const target = next.get(node)?.[frame.child];
      if (target !== undefined) {
        frame.child += 1;
        if (!index.has(target)) work.push({ node: target, child: 0 });
        else if (isOpen.has(target)) lower(low, node, index.get(target));
        continue;
      }
      work.pop();
      const parent = work.at(-1);
      if (parent) lower(low, parent.node, low.get(node));
      if (low.get(node) === index.get(node)) close(node, open, isOpen, cyclic);
    }
  }
  return cyclic;
}

function lower(low: Map<string, number>, node: string, value = Number.POSITIVE_INFINITY): void {
  low.set(node, Math.min(low.get(node) ?? Number.POSITIVE_INFINITY, value));
}

function close(node: string, open: string[], isOpen: Set<string>, cyclic: Set<string>): void {
  const members = open.splice(open.lastIndexOf(node));
  for (const member of members) {
    isOpen.delete(member);
    if (members.length > 1) cyclic.add(member);
  }
}
