import type { Definition, EdgeDefinition, VertexDefinition } from './definition.js';

/** Every label the graph knows: what the product declares, and what plugins add while it runs. */
export class GraphModel {
  private readonly vertexLabels = new Map<string, VertexDefinition>();
  private readonly edgeLabels = new Map<string, EdgeDefinition>();

  constructor(definitions: readonly Definition[] = []) {
    for (const definition of definitions) this.add(definition);
  }

  get vertices(): readonly VertexDefinition[] {
    return [...this.vertexLabels.values()];
  }

  get edges(): readonly EdgeDefinition[] {
    return [...this.edgeLabels.values()];
  }

  vertex(label: string): VertexDefinition | undefined {
    return this.vertexLabels.get(label);
  }

  edge(label: string): EdgeDefinition | undefined {
    return this.edgeLabels.get(label);
  }

  /** @throws Error when the label is taken (whatever its case: people read `TEAM` and `Team` as one), or an end is unknown */
  add(definition: Definition): void {
    const taken = [...this.vertexLabels.keys(), ...this.edgeLabels.keys()];
    const clash = taken.find((label) => label.toLowerCase() === definition.label.toLowerCase());
    if (clash) throw new Error(`The label ${definition.label} clashes with ${clash}`);
    if (definition.kind === 'vertex') {
      this.vertexLabels.set(definition.label, definition);
      return;
    }
    for (const end of [...definition.from, ...definition.to]) {
      if (this.vertexLabels.get(end.label) !== end) {
        throw new Error(`${definition.label} joins ${end.label}, which the model does not have`);
      }
    }
    this.edgeLabels.set(definition.label, definition);
  }

  /** Takes a run-time label back, say when its plugin is removed; its data stays. */
  delete(label: string): void {
    const users = this.edges.filter((edge) => [...edge.from, ...edge.to].some((end) => end.label === label));
    if (users.length > 0) throw new Error(`${label} is an end of ${users.map((edge) => edge.label).join(', ')}`);
    this.vertexLabels.delete(label);
    this.edgeLabels.delete(label);
  }

  /** The edges that may touch a vertex, with the ends at which they may. */
  incident(vertex: VertexDefinition): readonly { edge: EdgeDefinition; out: boolean; in: boolean }[] {
    const allows = (ends: readonly VertexDefinition[]) =>
      ends.length === 0 || ends.some((end) => end.label === vertex.label);
    return this.edges
      .map((edge) => ({ edge, out: allows(edge.from), in: allows(edge.to) }))
      .filter((one) => one.out || one.in);
  }
}
