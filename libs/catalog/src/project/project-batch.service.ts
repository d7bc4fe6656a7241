import { Inject, Injectable, Optional } from '@nestjs/common';
import {
  DomainError,
  type FieldError,
  isDomainError,
  type JsonObject,
  jsonPointer,
  stableStringify,
} from '#libs/common';
import { Graph, type GraphTransaction } from '#libs/graph';
import { validateDocument } from '#libs/http';
import type { OnInvalid } from '../blueprint/attribute-writes.js';
import { BlueprintSchemas, type BlueprintSet } from '../blueprint/blueprint-schemas.js';
import { ENTITY_IMAGES, type EntityImages, NO_IMAGES } from '../shared/entity-images.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import { slugTaken } from '../shared/slug-clash.js';
import { ProjectWriteDto } from './project.dto.js';
import { toProjectDocument, toProjectProperties } from './project.mapper.js';
import type { ProjectRow } from './project.read-model.js';
import { decideProject } from './project-attributes.js';
import type { ProjectBatchItemDto, ProjectBatchResultDto } from './project-batch.dto.js';
import { mapFaults, type References, resolveReferences } from './project-references.js';
import { ProjectWriter } from './project-writer.js';

export interface BatchOptions {
  readonly mode: 'create' | 'upsert';
  readonly atomic: boolean;
  readonly onInvalid?: OnInvalid;
}

interface Item {
  readonly index: number;
  readonly write: ProjectWriteDto;
}

interface DecidedItem extends Item {
  readonly attributes: JsonObject;
}

type Results = Map<number, ProjectBatchItemDto>;

/** Writes up to a thousand projects in one call: set-based where nothing stands in the way, one by one where it does. */
@Injectable()
export class ProjectBatchService {
  constructor(
    private readonly graph: Graph,
    private readonly schemas: BlueprintSchemas,
    @Optional() @Inject(ENTITY_IMAGES) private readonly images: EntityImages = NO_IMAGES,
  ) {}

  async write(
    scope: OrganizationScope,
    documents: readonly Record<string, unknown>[],
    options: BatchOptions,
  ): Promise<ProjectBatchResultDto> {
    const checked: Results = new Map();
    const items = await this.check(documents, checked);
    refuseIfAtomic(options, checked);
    const results = await this.graph.transaction(async (tx) => {
      const attempt: Results = new Map(checked);
      const writer = new ProjectWriter(tx, scope, this.images);
      await new BatchRun(tx, writer, scope, options, attempt, await this.schemas.current(tx)).run(items);
      refuseIfAtomic(options, attempt);
      return attempt;
    });
    return summary([...results.values()].sort((left, right) => left.index - right.index));
  }

  private async check(documents: readonly Record<string, unknown>[], results: Results): Promise<Item[]> {
    const items: Item[] = [];
    const slugs = new Set<string>();
    for (const [index, document] of documents.entries()) {
      try {
        const write = await validateDocument(ProjectWriteDto, document);
        const faults = mapFaults(write);
        if (slugs.has(write.slug)) {
          faults.push({
            pointer: '/slug',
            code: 'repeated',
            message: 'An earlier item of this batch has the same slug.',
          });
        }
        slugs.add(write.slug);
        if (faults.length === 0) items.push({ index, write });
        else results.set(index, failed(index, write.slug, 'validation_failed', 'The item is not valid.', faults));
      } catch (error) {
        results.set(index, toFailure(index, slugOf(document), error));
      }
    }
    return items;
  }
}

class BatchRun {
  constructor(
    private readonly tx: GraphTransaction,
    private readonly writer: ProjectWriter,
    private readonly scope: OrganizationScope,
    private readonly options: BatchOptions,
    private readonly results: Results,
    private readonly set: BlueprintSet,
  ) {}

  async run(all: readonly Item[]): Promise<void> {
    const references = await resolveReferences(
      this.tx,
      this.scope.id,
      all.map(({ write }) => write),
    );
    const items = all.filter((item) => this.known(item, references));
    const existing = await this.writer.rows.findBySlugs(
      this.scope.id,
      items.map(({ write }) => write.slug),
    );
    const fresh = items.filter(({ write }) => !existing.has(write.slug));
    await this.insert(
      fresh.flatMap((item) => this.decided(item)),
      references,
    );
    for (const item of items) {
      const row = existing.get(item.write.slug);
      if (row) await this.meet(item, row, references);
    }
  }

  private known({ index, write }: Item, references: References): boolean {
    const faults = references.faults(write);
    if (faults.length === 0) return true;
    this.results.set(
      index,
      failed(index, write.slug, 'validation_failed', 'The item names what does not exist.', faults),
    );
    return false;
  }

  /** The item with the attributes to store; none where they do not fit, and then its result says so. */
  private decided(item: Item, current?: ProjectRow): DecidedItem[] {
    const { index, write } = item;
    const { onInvalid } = this.options;
    const { attributes, faults } = decideProject(this.set, this.scope.id, write, current, { onInvalid });
    if (faults.length === 0) return [{ ...item, attributes }];
    this.results.set(index, failed(index, write.slug, 'validation_failed', 'Its attributes do not fit.', faults));
    return [];
  }

  // All at once under a savepoint; only when a racing writer took one of the slugs, one by one to learn which.
  private async insert(items: readonly DecidedItem[], references: References): Promise<void> {
    if (items.length === 0) return;
    try {
      const ids = await this.tx.attempt(() => this.writer.insert(items, references));
      for (const [place, item] of items.entries()) this.done(item, 'created', ids[place] ?? '');
    } catch (error) {
      if (!isDomainError(error)) throw error;
      for (const item of items)
        await (items.length > 1 ? this.insert([item], references) : this.lost(item, references, error));
    }
  }

  // Whoever won the race for the slug has made what this item now meets.
  private async lost(item: Item, references: References, error: DomainError): Promise<void> {
    const winner = await this.writer.rows.findBySlug(this.scope.id, item.write.slug);
    if (winner) await this.meet(item, winner, references);
    else this.fail(item, error);
  }

  private async meet(item: Item, row: ProjectRow, references: References): Promise<void> {
    const id = String(row.properties['id']);
    if (this.options.mode === 'create') {
      return this.fail(item, slugTaken('project', item.write.slug));
    }
    const [decided] = this.decided(item, row);
    if (!decided) return;
    if (isAsWished(row, decided, this.set)) return this.done(item, 'unchanged', id);
    try {
      await this.tx.attempt(async () => {
        const current = await this.writer.lock(id);
        await this.writer.replace(current, decided, references);
      });
      this.done(item, 'updated', id);
    } catch (error) {
      this.fail(item, error);
    }
  }

  private done({ index, write }: Item, status: 'created' | 'updated' | 'unchanged', id: string): void {
    this.results.set(index, { index, status, id, slug: write.slug });
  }

  private fail({ index, write }: Item, error: unknown): void {
    this.results.set(index, toFailure(index, write.slug, error));
  }
}

/** Whether a PUT of `write` would change nothing. */
function isAsWished(row: ProjectRow, { write, attributes }: DecidedItem, set: BlueprintSet): boolean {
  const current = { ...toProjectDocument(row, set), attributes: row.attributes ?? {} };
  const wished = {
    ...toProjectProperties(write, attributes),
    team: write.team,
    environments: write.environments ?? {},
    project_types: sorted(write.project_types),
    tags: sorted(write.tags ?? []),
  };
  const compared = {
    ...current,
    project_types: sorted(row.projectTypes.map(({ slug }) => slug)),
    tags: sorted(row.tags.map(({ slug }) => slug)),
  };
  return Object.entries(wished).every(
    ([name, value]) => stableStringify(value) === stableStringify(Reflect.get(compared, name)),
  );
}

function sorted(slugs: readonly string[]): string[] {
  return [...new Set(slugs)].sort();
}

function toFailure(index: number, slug: string | undefined, error: unknown): ProjectBatchItemDto {
  if (!isDomainError(error)) throw error;
  return failed(index, slug, error.code, error.message, error.errors);
}

function failed(
  index: number,
  slug: string | undefined,
  code: string,
  detail: string,
  errors?: readonly FieldError[],
): ProjectBatchItemDto {
  return { index, status: 'failed', slug, code, detail, errors: errors && [...errors] };
}

function slugOf(document: Record<string, unknown>): string | undefined {
  return typeof document['slug'] === 'string' ? document['slug'] : undefined;
}

function refuseIfAtomic(options: BatchOptions, results: Results): void {
  const failures = [...results.values()].filter(({ status }) => status === 'failed');
  if (!options.atomic || failures.length === 0) return;
  const errors = failures.flatMap(({ index, code, detail, errors: own }) =>
    (own ?? [{ pointer: '', code: code ?? 'failed', message: detail ?? 'The item failed.' }]).map((fault) => ({
      ...fault,
      pointer: jsonPointer('items', index) + fault.pointer,
    })),
  );
  throw new DomainError('batch_failed', 'invalid', `${failures.length} items failed, so nothing was written.`, {
    errors,
  });
}

function summary(items: ProjectBatchItemDto[]): ProjectBatchResultDto {
  const count = (status: ProjectBatchItemDto['status']) => items.filter((item) => item.status === status).length;
  return {
    created: count('created'),
    updated: count('updated'),
    unchanged: count('unchanged'),
    failed: count('failed'),
    items,
  };
}
