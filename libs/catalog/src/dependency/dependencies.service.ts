import { Injectable } from '@nestjs/common';
import { invalid, isJsonObject, type JsonObject, type JsonValue, notFound } from '#libs/common';
import { Graph, type GraphTransaction, type ReachedVertex } from '#libs/graph';
import {
  type Expectation,
  type ListDefinition,
  type Page,
  type PageQueryDto,
  Pages,
  toCursorPosition,
  toGraphOrder,
  toKeysetPosition,
} from '#libs/http';
import { assertFits, attributeErrors, decideAttributes, type OnInvalid } from '../blueprint/attribute-writes.js';
import { BlueprintSchemas, type BlueprintSet } from '../blueprint/blueprint-schemas.js';
import type { EffectiveSchema } from '../blueprint/effective-schema.js';
import { DependsOn, Project } from '../model/project.vertex.js';
import { OPEN } from '../project/project-attributes.js';
import { ProjectWriter } from '../project/project-writer.js';
import { edgeProperties } from '../shared/edge-properties.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import type { DependencyResponseDto, ImpactedProjectDto, ImpactResponseDto } from './dependency.dto.js';
import { DependencyReadModel, type DependencyRow } from './dependency.read-model.js';

export const DEPENDENCY_LIST: ListDefinition = { sortable: ['name'], defaultSort: 'name', filterable: {} };
const MAX_IMPACTED = 5000;

/** Which project depends on which; cycles are allowed and reported. */
@Injectable()
export class DependenciesService {
  private readonly rows: DependencyReadModel;

  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly schemas: BlueprintSchemas,
  ) {
    this.rows = new DependencyReadModel(graph.read);
  }

  async list(
    scope: OrganizationScope,
    id: string,
    direction: 'dependencies' | 'dependents',
    query: PageQueryDto,
  ): Promise<Page<DependencyResponseDto>> {
    const request = this.pages.read(`${direction} of ${id}`, query, DEPENDENCY_LIST);
    const rows = await this.rows.page(scope.id, id, direction, {
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    // An empty first page may also mean that there is no such project here.
    if (rows.length === 0) await this.find(scope, id);
    const set = await this.schemas.at(rows[0]?.blueprints);
    return this.pages.answer(request, rows, {
      item: (row) => toDependency(row, dependencySchema(set, scope, row.sourceTypes)),
      position: ({ project }) => toCursorPosition(request.sort, project),
      total: request.count ? await this.count(id, direction) : undefined,
    });
  }

  async put(
    scope: OrganizationScope,
    id: string,
    dependency: string,
    document: JsonValue | undefined,
    expected: Expectation = {},
    onInvalid?: OnInvalid,
  ): Promise<DependencyResponseDto> {
    if (id === dependency) {
      throw invalid([{ pointer: '', code: 'self_dependency', message: 'A project cannot depend on itself.' }]);
    }
    const attributes = edgeProperties(document);
    return this.graph.transaction(async (tx) => {
      const writer = new ProjectWriter(tx, scope);
      const source = await writer.lock(id, expected);
      const set = await this.schemas.at(source.blueprints, tx);
      const schema = dependencySchema(
        set,
        scope,
        source.projectTypes.map(({ slug }) => slug),
      );
      const stored = onInvalid === 'keep' ? await storedProperties(tx, id, dependency) : {};
      assertFits(decideAttributes({ stored, after: schema, given: attributes, onInvalid, pointer: '', ...OPEN }));
      const target = await writer.read(dependency);
      const patched = await tx.patchEdge(DependsOn, id, dependency, { set: { attributes } });
      if (!patched) await tx.connect(DependsOn, id, dependency, { attributes });
      if (!patched || patched.changed) {
        tx.emit('project.updated', { organization_id: scope.id, id, changed: ['dependencies'] });
      }
      return toDependency({ project: target.properties, attributes }, schema);
    });
  }

  async delete(scope: OrganizationScope, id: string, dependency: string, expected: Expectation = {}): Promise<void> {
    await this.graph.transaction(async (tx) => {
      await new ProjectWriter(tx, scope).lock(id, expected);
      const removed = await tx.disconnect(DependsOn, { from: id, to: dependency });
      if (removed.length === 0) throw notFound(`The dependency on "${dependency}"`);
      tx.emit('project.updated', { organization_id: scope.id, id, changed: ['dependencies'] });
    });
  }

  /** Everything that depends on a project, directly or through others. */
  async impact(scope: OrganizationScope, id: string, depth: number): Promise<ImpactResponseDto> {
    await this.find(scope, id);
    const { reached, cyclic, truncated } = await this.graph.read.traverse({
      edges: [DependsOn],
      from: id,
      direction: 'in',
      maxDepth: depth,
      limit: MAX_IMPACTED,
      markCycles: true,
    });
    return { projects: withPaths(id, reached), cyclic, truncated };
  }

  private async find(scope: OrganizationScope, id: string): Promise<void> {
    const project = await this.graph.read.find(Project, { organization_id: scope.id, id });
    if (!project) throw notFound(`The project "${id}"`);
  }

  private async count(id: string, direction: 'dependencies' | 'dependents'): Promise<number> {
    return this.graph.read.countEdges(DependsOn, direction === 'dependencies' ? { from: id } : { to: id });
  }
}

function withPaths(start: string, reached: readonly ReachedVertex[]): ImpactedProjectDto[] {
  const paths = new Map<string, readonly string[]>([[start, []]]);
  return reached.map(({ id, depth, via, vertex, cyclic }) => {
    const path = [...(paths.get(via.id) ?? []), id];
    paths.set(id, path);
    return { ...named(vertex), depth, path, cyclic };
  });
}

async function storedProperties(tx: GraphTransaction, from: string, to: string): Promise<JsonObject> {
  const [edge] = await tx.edgesOf(DependsOn, { from, to });
  const attributes = edge?.properties['attributes'];
  return isJsonObject(attributes) ? attributes : {};
}

function toDependency(
  { project, attributes }: Pick<DependencyRow, 'project' | 'attributes'>,
  schema: EffectiveSchema,
): DependencyResponseDto {
  const properties = attributes ?? {};
  const faults = attributeErrors(schema, properties, ['properties'], OPEN);
  return { ...named(project), properties, ...(faults.length > 0 ? { attribute_errors: faults } : {}) };
}

function dependencySchema(set: BlueprintSet, scope: OrganizationScope, types: readonly string[]): EffectiveSchema {
  return set.forEdge('DEPENDS_ON', scope.id, { types });
}

function named(project: JsonObject): { id: string; slug: string; name: string } {
  return { id: String(project['id']), slug: String(project['slug']), name: String(project['name']) };
}
