import { isJsonObject, type JsonObject, stableStringify } from '#libs/common';
import type { GraphTransaction } from '#libs/graph';
import type { FieldErrorDto } from '#libs/http';
import {
  assertFits,
  attributeErrors,
  decideAttributes,
  givenAttributes,
  type OnInvalid,
  sameAttributes,
  visibleAttributes,
} from '../blueprint/attribute-writes.js';
import type { BlueprintSchemas, BlueprintSet } from '../blueprint/blueprint-schemas.js';
import type { EffectiveSchema } from '../blueprint/effective-schema.js';
import { renameInFilters } from '../blueprint/filter-renames.js';
import type { BlueprintType } from '../model/blueprint.vertex.js';
import type { CatalogAudit } from './catalog-audit.js';
import type { StatementRunner } from './statement-runner.js';

/** What an answer says of an entity's attributes. */
export interface Extension {
  readonly attributes: Record<string, unknown>;
  readonly attribute_errors: FieldErrorDto[];
}

/** Of kinds that have no attributes. */
export const NO_EXTENSION: Extension = { attributes: {}, attribute_errors: [] };

interface AttributesRequest {
  readonly organizationId: string;
  readonly slug: string;
  readonly attributes: unknown;
  /** The entity as it is; undefined for a new one. */
  readonly current?: JsonObject;
  /** A patch that leaves the attributes alone does not have them checked again. */
  readonly isPatch?: boolean;
  readonly onInvalid?: OnInvalid;
  /** The blueprints under which the client saw the entity, where they are not those of the write. */
  readonly seen?: BlueprintSet;
}

/** The kinds that filters of blueprints name by slug. */
const FILTERED = { ProjectType: 'project_type', Environment: 'environment' } as const;

/** The attributes of one kind of entity that an organization owns. */
export class EntityAttributes {
  constructor(
    private readonly schemas: BlueprintSchemas,
    private readonly kind: Exclude<BlueprintType, 'Project'>,
  ) {}

  async at(version: string | undefined): Promise<BlueprintSet> {
    return this.schemas.at(version);
  }

  async current(runner: StatementRunner): Promise<BlueprintSet> {
    return this.schemas.current(runner);
  }

  extension(set: BlueprintSet, vertex: JsonObject): Extension {
    const schema = this.schemaOf(set, vertex);
    const attributes = visibleAttributes(schema, vertex['attributes']);
    return { attributes, attribute_errors: attributeErrors(schema, attributes) };
  }

  /** What to store. @throws DomainError `validation_failed` (422) with a pointer to each attribute that does not fit */
  decide(set: BlueprintSet, request: AttributesRequest): JsonObject {
    const { organizationId, slug, current, isPatch = false, onInvalid, seen = set } = request;
    const given = givenAttributes(request.attributes);
    const stored = isJsonObject(current?.['attributes']) ? current['attributes'] : {};
    const before = current && this.schemaOf(seen, current);
    const after = set.forEntity(this.kind, organizationId, slug);
    if (isPatch && isSame(before, after) && sameAttributes(given, visibleAttributes(after, stored))) return stored;
    return assertFits(decideAttributes({ before, stored, after, given, onInvalid, pointer: '/attributes' }));
  }

  /** The blueprints as they are when filters that name the entity by its slug have followed it to the new one. */
  async followed(
    tx: GraphTransaction,
    set: BlueprintSet,
    { current, slug, audit }: { readonly current: JsonObject; readonly slug: string; readonly audit?: CatalogAudit },
  ): Promise<BlueprintSet> {
    const before = String(current['slug']);
    if (before === slug || (this.kind !== 'ProjectType' && this.kind !== 'Environment')) return set;
    const organizationId = String(current['organization_id']);
    const renamed = { organizationId, field: FILTERED[this.kind], before, after: slug };
    return (await renameInFilters(tx, renamed, audit)) ? this.schemas.current(tx) : set;
  }

  private schemaOf(set: BlueprintSet, vertex: JsonObject): EffectiveSchema {
    const organizationId = this.kind === 'Organization' ? vertex['id'] : vertex['organization_id'];
    return set.forEntity(this.kind, String(organizationId), String(vertex['slug']));
  }
}

function isSame(left: EffectiveSchema | undefined, right: EffectiveSchema): boolean {
  return left === right || (left !== undefined && textOf(left) === textOf(right));
}

function textOf({ sources }: EffectiveSchema): string {
  return stableStringify(sources.map(({ blueprint, properties }) => [blueprint.id, properties, blueprint.schema]));
}
