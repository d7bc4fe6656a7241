import { Injectable } from '@nestjs/common';
import { type JsonObject, stableStringify } from '#libs/common';
import { Graph } from '#libs/graph';
import type { BlueprintEdge, BlueprintType } from '../model/blueprint.vertex.js';
import type { StatementRunner } from '../shared/statement-runner.js';
import type { BlueprintRecord } from './blueprint-record.js';
import { readBlueprints } from './blueprints.read-model.js';
import {
  byPrecedence,
  declaredProperties,
  type EffectiveSchema,
  mergeBlueprints,
  type SchemaSubject,
} from './effective-schema.js';

/** The types and environments that a project has, by slug. */
export interface ProjectPlace {
  readonly types: readonly string[];
  /** Leave out where it is deployed nowhere. */
  readonly environments?: readonly string[];
}

/** What holds for a project's own attributes and for those of its deployments. */
export interface ProjectSchemas {
  readonly own: EffectiveSchema;
  /** In the order of the environments that were given. */
  readonly deployments: readonly EffectiveSchema[];
}

const MAX_MERGED = 5000;

/** The blueprints of one version, and what was made of them. Never changes. */
export class BlueprintSet {
  private readonly merged = new Map<string, EffectiveSchema>();
  private readonly projects = new Map<string, ProjectSchemas>();

  constructor(
    readonly version: string,
    readonly blueprints: readonly BlueprintRecord[],
  ) {}

  schemaOf(subject: SchemaSubject): EffectiveSchema {
    const key = keyOf(subject);
    const known = this.merged.get(key);
    if (known) return known;
    const schema = mergeBlueprints(this.version, this.blueprints, subject);
    // As many as there are combinations of types in use: it is emptied before odd ones could fill the memory.
    if (this.merged.size >= MAX_MERGED) this.merged.clear();
    this.merged.set(key, schema);
    return schema;
  }

  /** As {@link forProject} and {@link forEdge} for each of its deployments, in their order: one look for a stored project. */
  ofProject(organizationId: string, types: readonly string[], environments: readonly string[]): ProjectSchemas {
    const key = `${organizationId} ${types.join(',')} ${environments.join(',')}`;
    const known = this.projects.get(key);
    if (known) return known;
    const schemas: ProjectSchemas = {
      own: this.forProject(organizationId, { types, environments }),
      deployments: environments.map((environment) =>
        this.forEdge('DEPLOYED_IN', organizationId, { types, environment }),
      ),
    };
    if (this.projects.size >= MAX_MERGED) this.projects.clear();
    this.projects.set(key, schemas);
    return schemas;
  }

  forProject(organizationId: string, { types, environments }: ProjectPlace): EffectiveSchema {
    return this.schemaOf({ subject: 'Project', organizationId, types, environments });
  }

  forEntity(kind: Exclude<BlueprintType, 'Project'>, organizationId: string, slug?: string): EffectiveSchema {
    const own = slug === undefined ? [] : [slug];
    const types = kind === 'ProjectType' ? own : [];
    const environments = kind === 'Environment' ? own : [];
    return this.schemaOf({ subject: kind, organizationId, types, environments });
  }

  forEdge(edge: BlueprintEdge, organizationId: string, ends: EdgeEnds): EffectiveSchema {
    const environments = ends.environment === undefined ? [] : [ends.environment];
    return this.schemaOf({ subject: edge, organizationId, types: ends.types, environments });
  }

  /**
   * Every attribute that a project (or another kind) of the organization may have by any blueprint in force, whatever its
   * types. Where blueprints declare one differently, its schema is `anyOf` theirs, the first in precedence first.
   */
  attributes(organizationId: string, subject: BlueprintRecord['subject'] = 'Project'): ReadonlyMap<string, JsonObject> {
    const found = new Map<string, Map<string, JsonObject>>();
    const inForce = this.blueprints
      .filter((one) => one.enabled && one.subject === subject)
      .filter((one) => one.organizationId === null || one.organizationId === organizationId);
    for (const { schema } of inForce.sort(byPrecedence)) {
      for (const [name, declared] of declaredProperties(schema)) {
        const variants = found.get(name) ?? new Map<string, JsonObject>();
        found.set(name, variants.set(stableStringify(declared), declared));
      }
    }
    return new Map([...found].map(([name, variants]) => [name, oneOrAny([...variants.values()])]));
  }
}

/** Where an edge starts and ends. */
export interface EdgeEnds {
  /** The slugs of the types of the project that it starts at. */
  readonly types: readonly string[];
  /** Of a deployment: the environment's slug. */
  readonly environment?: string;
}

const NO_BLUEPRINTS = new BlueprintSet('', []);

/**
 * What attributes entities may have. All blueprints are kept in memory under a number that every change of one raises
 * with its commit and that is read each time: no process ever goes by what was changed. Each method here is one small
 * statement, and no more where blueprints changed; read models that bring {@link BLUEPRINTS_VERSION} along use
 * {@link at}, which is none at all.
 */
@Injectable()
export class BlueprintSchemas {
  private known: BlueprintSet | undefined;

  constructor(private readonly graph: Graph) {}

  /** The blueprints as they are now; in a transaction, `runner` must be its handle. */
  async current(runner: StatementRunner = this.graph.read): Promise<BlueprintSet> {
    const { version, blueprints } = await readBlueprints(runner, this.known?.version);
    if (blueprints === undefined && this.known?.version === version) return this.known;
    // Another request replaced what we knew in between.
    if (blueprints === undefined) return this.load(runner);
    return this.keep(new BlueprintSet(version, blueprints));
  }

  /**
   * As {@link current}, for who has just read the version of the blueprints: no statement unless it is a new one.
   * Undefined for who read nothing, and so needs none.
   */
  async at(version: string | undefined, runner: StatementRunner = this.graph.read): Promise<BlueprintSet> {
    if (version === undefined) return NO_BLUEPRINTS;
    return this.known?.version === version ? this.known : this.current(runner);
  }

  async forProject(organizationId: string, place: ProjectPlace, runner?: StatementRunner): Promise<EffectiveSchema> {
    return (await this.current(runner)).forProject(organizationId, place);
  }

  /** @param slug of the project type or environment itself: blueprints may be filtered by it */
  async forEntity(
    kind: Exclude<BlueprintType, 'Project'>,
    organizationId: string,
    slug?: string,
    runner?: StatementRunner,
  ): Promise<EffectiveSchema> {
    return (await this.current(runner)).forEntity(kind, organizationId, slug);
  }

  async forEdge(
    edge: BlueprintEdge,
    organizationId: string,
    ends: EdgeEnds,
    runner?: StatementRunner,
  ): Promise<EffectiveSchema> {
    return (await this.current(runner)).forEdge(edge, organizationId, ends);
  }

  /** {@link BlueprintSet.attributes}: by which projects of an organization can be filtered. */
  async attributes(organizationId: string, runner?: StatementRunner): Promise<ReadonlyMap<string, JsonObject>> {
    return (await this.current(runner)).attributes(organizationId);
  }

  private async load(runner: StatementRunner): Promise<BlueprintSet> {
    const { version, blueprints } = await readBlueprints(runner, undefined);
    return this.keep(new BlueprintSet(version, blueprints ?? []));
  }

  // What is read inside a transaction may be undone with it; its number is then drawn by nobody else, so it is harmless.
  private keep(set: BlueprintSet): BlueprintSet {
    this.known = set;
    return set;
  }
}

// Every project of a page asks several times. Slugs and ids hold neither spaces nor commas.
function keyOf({ subject, organizationId, types, environments }: SchemaSubject): string {
  return `${subject} ${organizationId} ${sortedText(types)} ${sortedText(environments)}`;
}

function sortedText(slugs: readonly string[] = []): string {
  return slugs.length > 1 ? slugs.toSorted().join(',') : (slugs[0] ?? '');
}

function oneOrAny(variants: readonly JsonObject[]): JsonObject {
  const [first = {}, ...others] = variants;
  return others.length === 0 ? first : { anyOf: [...variants] };
}
