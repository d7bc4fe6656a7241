import { sql } from 'kysely';
import type { JsonValue } from '#libs/common';
import {
  type BatchedWrite,
  type BatchRow,
  batchedInsert,
  batchedPatch,
  type Composed,
  type OutgoingEdge,
} from './batched-write.js';
import type { ChangeRecorder } from './change.js';
import type { Definition, InsertOf, VertexDefinition, VertexOf } from './definition.js';
import { FixedStatement } from './fixed-statement.js';
import { namingConflictsOf } from './graph-error.js';
import type { Session } from './session.js';
import type { Sql } from './sql.js';
import type { PatchRequest, PatchResult } from './vertex-patcher.js';

interface Waiting {
  readonly write: BatchedWrite<unknown>;
  readonly settle: (row: BatchRow, suffix: string) => void;
  readonly refuse: (error: unknown) => void;
}

/**
 * Writes that go to the database as one statement. None of them sees what another one does, so a vertex that one changes
 * may not be changed by another, nor be the end of a new edge: PostgreSQL takes such a row for gone. In which order rows
 * are locked is not said; lock first where it matters.
 */
export class WriteBatch {
  private readonly waiting: Waiting[] = [];
  private readonly changed = new Set<string>();
  private readonly needed = new Set<string>();
  private isSent = false;

  constructor(
    private readonly session: Session,
    private readonly changes: ChangeRecorder,
  ) {}

  /** As {@link GraphTransaction.patch}. */
  patch<D extends VertexDefinition>(
    definition: D,
    id: string,
    request: PatchRequest<D>,
  ): Promise<PatchResult<D> | undefined> {
    return this.add(batchedPatch(this.session, this.changes, definition, id, request));
  }

  /** As {@link GraphTransaction.insert}, with edges that start at the new vertex: see {@link edgeTo}. */
  insert<D extends VertexDefinition>(
    definition: D,
    values: InsertOf<D>,
    edges: readonly OutgoingEdge[] = [],
  ): Promise<VertexOf<D>> {
    return this.add(batchedInsert(this.session, this.changes, definition, values, edges));
  }

  /** Sends what was asked for so far, once; later writes are refused. */
  async send(): Promise<void> {
    this.isSent = true;
    const [first, ...others] = this.waiting.map(({ write }) => write);
    if (!first) return;
    try {
      const writes = [first, ...others] as const;
      const definitions = [...first.definitions, ...others.flatMap((write) => write.definitions)] as const;
      const bound = statementOf(writes).with(valuesOf(writes));
      const [row] = await namingConflictsOf(definitions, () => this.session.run(bound));
      for (const [index, { settle }] of this.waiting.entries()) settle(row ?? {}, suffixOf(index));
    } catch (error) {
      for (const { refuse } of this.waiting) refuse(error);
      throw error;
    }
  }

  private add<Result>(write: BatchedWrite<Result>): Promise<Result> {
    if (this.isSent) throw new Error('the batch was sent: its writes must be asked for before anything is awaited');
    this.assertApart(write);
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    // Whoever sends the batch is told of its failure; not everybody wants each result too.
    promise.catch(() => undefined);
    this.waiting.push({ write, settle: (row, suffix) => resolve(write.settle(row, suffix)), refuse: reject });
    return promise;
  }

  private assertApart({ changes, needs = [] }: BatchedWrite<unknown>): void {
    const isTwice = changes !== undefined && (this.changed.has(changes) || this.needed.has(changes));
    if (isTwice || needs.some((id) => this.changed.has(id))) {
      throw new Error('a vertex that one write of a batch changes is named by another one');
    }
    if (changes !== undefined) this.changed.add(changes);
    for (const id of needs) this.needed.add(id);
  }
}

const statements = new Map<string, FixedStatement<BatchRow, string>>();
const serials = new WeakMap<Definition, number>();
let lastSerial = 0;

/** The text is composed at the first batch of its kind; there are as many as there are places that write together. */
function statementOf(writes: readonly BatchedWrite<unknown>[]): FixedStatement<BatchRow, string> {
  const kind = writes.map(({ shape, definitions }) => `${shape} ${definitions.map(serialOf).join(' ')}`).join(', ');
  let statement = statements.get(kind);
  if (!statement) {
    const composers = writes.map(({ compose }) => compose);
    statement = new FixedStatement((value) => compose(composers, value));
    statements.set(kind, statement);
  }
  return statement;
}

function compose(composers: readonly BatchedWrite<unknown>['compose'][], value: (name: string) => Sql): Sql<BatchRow> {
  const composed: Composed[] = composers.map((each, index) => {
    const suffix = suffixOf(index);
    return each(suffix, (name) => value(`${name}${suffix}`));
  });
  const columns = composed.flatMap((each) => each.columns);
  return sql<BatchRow>`with ${sql.join(composed.flatMap((each) => each.tables))}
    select ${columns.length > 0 ? sql.join(columns) : sql`1`}`;
}

function valuesOf(writes: readonly BatchedWrite<unknown>[]): Record<string, JsonValue> {
  const values: Record<string, JsonValue> = {};
  for (const [index, write] of writes.entries()) {
    for (const [name, value] of Object.entries(write.values)) values[`${name}${suffixOf(index)}`] = value;
  }
  return values;
}

function suffixOf(index: number): string {
  return `_${index}`;
}

function serialOf(definition: Definition): number {
  let serial = serials.get(definition);
  if (serial === undefined) {
    lastSerial += 1;
    serial = lastSerial;
    serials.set(definition, serial);
  }
  return serial;
}
