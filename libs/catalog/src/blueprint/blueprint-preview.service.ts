import { Injectable } from '@nestjs/common';
import { invalid } from '#libs/common';
import { Graph } from '#libs/graph';
import { attributeErrors, visibleAttributes } from './attribute-writes.js';
import { type BlueprintScope, toProposedRecord } from './blueprint.mapper.js';
import type { BlueprintPreviewDto, BlueprintPreviewResultDto } from './blueprint-preview.dto.js';
import type { BlueprintRecord } from './blueprint-record.js';
import { blueprintFaults } from './blueprint-rules.js';
import { BlueprintSchemas, BlueprintSet } from './blueprint-schemas.js';
import { concerns, type EffectiveSchema } from './effective-schema.js';
import { type Bearer, EstateReadModel } from './estate.read-model.js';

const PAGE = 500;
const MAX_SAMPLES = 20;

/** Tells what a blueprint would do to everything that is stored, without saving anything. */
@Injectable()
export class BlueprintPreviews {
  constructor(
    private readonly graph: Graph,
    private readonly schemas: BlueprintSchemas,
  ) {}

  /** Page by page, so that neither the database nor this process is held up by a large estate. */
  async preview(
    scope: BlueprintScope,
    { replaces, ...write }: BlueprintPreviewDto,
  ): Promise<BlueprintPreviewResultDto> {
    const faults = blueprintFaults(write);
    if (faults.length > 0) throw invalid(faults, 'The blueprint is not valid.');
    const before = await this.schemas.current();
    const replaced = before.blueprints.find(({ id }) => id === replaces);
    if (replaces !== undefined && replaced?.organizationId !== scope.id) throw unknown();
    const proposed = toProposedRecord(scope, write, replaces ?? '');
    const others = before.blueprints.filter((one) => one !== replaced);
    const comparison = new Comparison(before, new BlueprintSet('proposed', [...others, proposed]), [
      proposed,
      ...(replaced ? [replaced] : []),
    ]);
    const estate = new EstateReadModel(this.graph.read, proposed.subject, scope.id);
    let after: string | undefined;
    do {
      const page = await estate.page(after, PAGE);
      for (const bearer of page.bearers) comparison.add(bearer);
      after = page.next;
    } while (after !== undefined);
    return comparison.result;
  }
}

class Comparison {
  readonly result: BlueprintPreviewResultDto = {
    checked: 0,
    would_become_invalid: 0,
    would_become_valid: 0,
    would_stay_invalid: 0,
    would_be_hidden: 0,
    samples: [],
  };

  constructor(
    private readonly before: BlueprintSet,
    private readonly after: BlueprintSet,
    private readonly changed: readonly BlueprintRecord[],
  ) {}

  add(bearer: Bearer): void {
    if (!this.changed.some((one) => concerns(one, bearer.place))) return;
    const { result } = this;
    const [now, then] = [this.before.schemaOf(bearer.place), this.after.schemaOf(bearer.place)];
    const faults = faultsOf(then, bearer);
    const wasValid = faultsOf(now, bearer).length === 0;
    result.checked += 1;
    if (wasValid && faults.length > 0) result.would_become_invalid += 1;
    if (!wasValid && faults.length === 0) result.would_become_valid += 1;
    if (!wasValid && faults.length > 0) result.would_stay_invalid += 1;
    if (isHidden(bearer, now, then)) result.would_be_hidden += 1;
    if (!wasValid || faults.length === 0 || result.samples.length >= MAX_SAMPLES) return;
    const { id, slug, to, place } = bearer;
    result.samples.push({ organization_id: place.organizationId, id, slug, to: to?.slug ?? null, errors: faults });
  }
}

function faultsOf(schema: EffectiveSchema, { attributes, to }: Bearer) {
  if (to) return attributeErrors(schema, attributes, [], { open: true });
  return attributeErrors(schema, visibleAttributes(schema, attributes), []);
}

// What an edge has is seen whether or not it is declared.
function isHidden({ attributes, to }: Bearer, now: EffectiveSchema, then: EffectiveSchema): boolean {
  if (to) return false;
  return Object.keys(attributes).some((name) => now.properties.has(name) && !then.properties.has(name));
}

function unknown(): Error {
  const message = 'There is no such blueprint here.';
  return invalid([{ pointer: '/replaces', code: 'unknown_reference', message }]);
}
