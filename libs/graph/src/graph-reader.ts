import type { BoundStatement } from '#libs/database';
import type { EdgeDefinition, EdgeOf, VertexDefinition, VertexOf } from './definition.js';
import { countEdges, type EdgeSelection, edgesOf } from './edge-reader.js';
import type { Filter } from './filter.js';
import type { Session } from './session.js';
import type { Sql } from './sql.js';
import { type Traversal, type TraversalRequest, traverse } from './traversal.js';
import {
  countVertices,
  findVertex,
  findVertices,
  type Key,
  type ListRequest,
  listVertices,
  type Page,
} from './vertex-reader.js';
import { revealProperty } from './vertex-writer.js';

/** Typed reads; every one of them is a single statement. */
export class GraphReader {
  constructor(protected readonly session: Session) {}

  /**
   * Runs a statement of a read model, composed of this library's SQL helpers. `fixed` says that its text is one of few,
   * so that it pays to keep it prepared.
   */
  async run<Row>(statement: Sql<Row> | BoundStatement<Row>, options?: { readonly fixed?: boolean }): Promise<Row[]> {
    return this.session.run(statement, options);
  }

  /** One vertex by its id, or by values that single it out: `find(Team, { organization_id, slug })`. */
  async find<D extends VertexDefinition>(definition: D, key: Key<D>): Promise<VertexOf<D> | undefined> {
    return findVertex(this.session, definition, key);
  }

  /** Vertices by id; ids that do not exist are not in the map. */
  async findMany<D extends VertexDefinition>(
    definition: D,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, VertexOf<D>>> {
    return findVertices(this.session, definition, ids);
  }

  /** A keyset page: rows that exist throughout a walk are seen exactly once, whatever else comes and goes. */
  async list<D extends VertexDefinition>(definition: D, request: ListRequest<D>): Promise<Page<D>> {
    return listVertices(this.session, definition, request);
  }

  async count<D extends VertexDefinition>(definition: D, where: Filter<D>): Promise<number> {
    return countVertices(this.session, definition, where);
  }

  /** The edges of a label at one vertex, several vertices, or between two. */
  async edgesOf<D extends EdgeDefinition>(edge: D, selection: EdgeSelection): Promise<EdgeOf<D>[]> {
    return edgesOf(this.session, edge, selection);
  }

  async countEdges(edge: EdgeDefinition, selection: EdgeSelection): Promise<number> {
    return countEdges(this.session, edge, selection);
  }

  /** Everything reachable over edges, nearest first, each vertex once with one shortest way to it. */
  async traverse(request: TraversalRequest): Promise<Traversal> {
    return traverse(this.session, request);
  }

  /** The text of one secret or (decrypted) encrypted property. The only way to read one. */
  async reveal(definition: VertexDefinition, id: string, property: string): Promise<string | undefined> {
    return revealProperty(this.session, definition, id, property);
  }
}
