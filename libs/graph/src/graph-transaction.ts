import { sql } from 'kysely';
import { type JsonObject, seal } from '#libs/common';
import type { Transaction } from '#libs/database';
import { ChangeRecorder } from './change.js';
import type {
  EdgeDefinition,
  EdgeInsertOf,
  EdgeOf,
  InsertOf,
  PatchOf,
  VertexDefinition,
  VertexOf,
} from './definition.js';
import { type Connection, connectEdges } from './edge-connector.js';
import type { End } from './edge-end.js';
import type { EdgeSelection } from './edge-reader.js';
import { type EdgeTarget, type ReplacedEdges, type ReplaceEdgesOptions, replaceEdges } from './edge-replacer.js';
import { disconnectEdges, type EdgePatchRequest, type EdgePatchResult, patchEdge } from './edge-writer.js';
import { GraphReader } from './graph-reader.js';
import { type GraphContext, TransactionSession } from './session.js';
import { type DerivedValue, deriveProperty } from './vertex-deriver.js';
import { type PatchRequest, type PatchResult, patchVertex, replaceVertex } from './vertex-patcher.js';
import { type RemoveResult, removeVertices } from './vertex-remover.js';
import { type InsertOptions, insertVertices, type LockOptions, lockVertex } from './vertex-writer.js';
import { WriteBatch } from './write-batch.js';

/** Reads and writes inside one transaction. Every write leaves its row of the change history in the outbox. */
export class GraphTransaction extends GraphReader {
  private readonly changes: ChangeRecorder;

  constructor(
    readonly transaction: Transaction,
    context: GraphContext,
  ) {
    super(new TransactionSession(transaction, context));
    this.changes = new ChangeRecorder(transaction.outbox);
  }

  /** @throws DomainError `already_exists` naming the clashing properties, `invalid_properties` */
  async insert<D extends VertexDefinition>(definition: D, values: InsertOf<D>): Promise<VertexOf<D>> {
    const [inserted] = await this.insertMany(definition, [values]);
    if (!inserted) throw new Error(`${definition.label} was not inserted`);
    return inserted;
  }

  /** One statement for any number of vertices. */
  async insertMany<D extends VertexDefinition>(
    definition: D,
    values: readonly InsertOf<D>[],
    options?: InsertOptions,
  ): Promise<VertexOf<D>[]> {
    return insertVertices(this.session, this.changes, definition, values, options);
  }

  /**
   * Merges properties under a row lock; undefined when there is no such vertex.
   * @throws DomainError `version_mismatch`, `already_exists`, `invalid_properties`
   */
  async patch<D extends VertexDefinition>(
    definition: D,
    id: string,
    request: PatchRequest<D>,
  ): Promise<PatchResult<D> | undefined> {
    return patchVertex(this.session, this.changes, definition, id, request);
  }

  /** As {@link patch}, for a whole new set of visible properties. */
  async replace<D extends VertexDefinition>(
    definition: D,
    id: string,
    values: InsertOf<D>,
    options: { readonly expectVersion?: number } = {},
  ): Promise<PatchResult<D> | undefined> {
    return replaceVertex(this.session, this.changes, definition, id, values, options.expectVersion);
  }

  /**
   * Stores what was computed for many vertices, in one statement: a derived property is not a change, so versions,
   * `updated_at` and the history stay. Returns the ids of the vertices that had another value.
   */
  async derive<D extends VertexDefinition>(
    definition: D,
    property: Extract<keyof PatchOf<D>, string>,
    values: readonly DerivedValue[],
  ): Promise<string[]> {
    return deriveProperty(this.session, definition, property, values);
  }

  /** Removes a vertex with its edges; undefined when there is none. @throws DomainError `version_mismatch` */
  async remove<D extends VertexDefinition>(
    definition: D,
    id: string,
    options: { readonly expectVersion?: number } = {},
  ): Promise<VertexOf<D> | undefined> {
    const { vertices } = await removeVertices(this.session, this.changes, definition, [id], options.expectVersion);
    return vertices[0];
  }

  async removeMany<D extends VertexDefinition>(definition: D, ids: readonly string[]): Promise<RemoveResult<D>> {
    return removeVertices(this.session, this.changes, definition, ids);
  }

  /** Reads a vertex and keeps other writers from it until the transaction ends. */
  async lock<D extends VertexDefinition>(
    definition: D,
    id: string,
    options?: LockOptions,
  ): Promise<VertexOf<D> | undefined> {
    return lockVertex(this.session, definition, id, options);
  }

  /** @throws DomainError `edge_end_not_found`, `already_exists`, `invalid_properties` */
  async connect<D extends EdgeDefinition>(
    edge: D,
    from: End,
    to: End,
    properties?: EdgeInsertOf<D>,
  ): Promise<EdgeOf<D>> {
    const [added] = await this.connectMany(edge, [{ from, to, properties }]);
    if (!added) throw new Error(`${edge.label} was not added`);
    return added;
  }

  /** One statement for any number of edges between the same labels. */
  async connectMany<D extends EdgeDefinition>(
    edge: D,
    connections: readonly Connection<D>[],
    options?: InsertOptions,
  ): Promise<EdgeOf<D>[]> {
    return connectEdges(this.session, this.changes, edge, connections, options);
  }

  /** Removes the edges of a selection; returns them as they were. */
  async disconnect<D extends EdgeDefinition>(edge: D, selection: EdgeSelection): Promise<EdgeOf<D>[]> {
    return disconnectEdges(this.session, this.changes, edge, selection);
  }

  /** Merges properties into the one edge between two vertices; undefined when there is none. */
  async patchEdge<D extends EdgeDefinition>(
    edge: D,
    from: End,
    to: End,
    request: EdgePatchRequest<D>,
  ): Promise<EdgePatchResult<D> | undefined> {
    return patchEdge(this.session, this.changes, edge, { from, to }, request);
  }

  /** Makes the edges that start at `from` exactly these, touching only what differs. */
  async replaceEdges<D extends EdgeDefinition>(
    edge: D,
    from: End,
    targets: readonly EdgeTarget<D>[],
    options?: ReplaceEdgesOptions<D>,
  ): Promise<ReplacedEdges<D>> {
    return replaceEdges(this.session, this.changes, edge, from, targets, options);
  }

  /**
   * Several writes as one statement: all that `write` asks of the batch before it first waits. They must not depend on
   * one another ({@link WriteBatch}). It fails as a whole, whichever write is refused.
   * @example
   * const [patched, added] = await tx.together((batch) =>
   *   Promise.all([batch.patch(Project, oldId, { set }), batch.insert(Project, values, [edgeTo(OwnedBy, teamId)])]),
   * );
   * @throws DomainError as each of the writes
   */
  async together<Result>(write: (batch: WriteBatch) => Promise<Result>): Promise<Result> {
    const batch = new WriteBatch(this.session, this.changes);
    const [result] = await Promise.all([write(batch), batch.send()]);
    return result;
  }

  /** Queues a domain event in the name of the current actor, delivered after the commit; rows of one `key` are delivered in order. */
  emit(name: string, payload: JsonObject, options: { readonly key?: string } = {}): void {
    this.transaction.outbox.add({ topic: 'event', name, payload: seal(payload), key: options.key });
  }

  /**
   * Runs `work` under a savepoint: when it throws, what it wrote is undone, the transaction goes on, and the error is
   * thrown. One at a time.
   */
  async attempt<Result>(work: () => Promise<Result>): Promise<Result> {
    const { outbox, kysely } = this.transaction;
    const rows = outbox.size;
    await sql`savepoint attempt`.execute(kysely);
    try {
      const result = await work();
      await sql`release savepoint attempt`.execute(kysely);
      return result;
    } catch (error) {
      outbox.truncate(rows);
      await sql`rollback to savepoint attempt`.execute(kysely);
      throw error;
    }
  }
}
