import { Injectable } from '@nestjs/common';
import { type JsonObject, type JsonValue, notFound } from '#libs/common';
import { Graph, type GraphTransaction } from '#libs/graph';
import { type Expectation, type PatchDocument } from '#libs/http';
import { assertFits, decideAttributes, type OnInvalid } from '../blueprint/attribute-writes.js';
import { BlueprintSchemas } from '../blueprint/blueprint-schemas.js';
import type { EffectiveSchema } from '../blueprint/effective-schema.js';
import { Environment } from '../model/organization-owned.vertex.js';
import { DeployedIn, Project } from '../model/project.vertex.js';
import { edgeProperties, patchEdgeProperties } from '../shared/edge-properties.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import type { ProjectResponseDto } from './project.dto.js';
import { toProjectResponse } from './project.mapper.js';
import { deploymentSchema, OPEN } from './project-attributes.js';
import { ProjectWriter } from './project-writer.js';

/** The properties of a deployment as they are, undefined where there is none, and what they may be. */
interface Deployment {
  readonly current: JsonObject | undefined;
  readonly schema: EffectiveSchema;
}

/** The environments of one project, one at a time. */
@Injectable()
export class ProjectEnvironmentsService {
  constructor(
    private readonly graph: Graph,
    private readonly schemas: BlueprintSchemas,
  ) {}

  /** Deploys the project in an environment, or replaces the properties of its deployment there. */
  async put(
    scope: OrganizationScope,
    id: string,
    environment: string,
    document: JsonValue | undefined,
    expected: Expectation,
    onInvalid?: OnInvalid,
  ): Promise<ProjectResponseDto> {
    const properties = edgeProperties(document);
    return this.change(scope, id, environment, expected, async (tx, environmentId, { current, schema }) => {
      assertFitting(schema, properties, current, onInvalid);
      if (!current) {
        await tx.connect(DeployedIn, id, environmentId, { attributes: properties });
        return true;
      }
      const result = await tx.patchEdge(DeployedIn, id, environmentId, { set: { attributes: properties } });
      return result?.changed ?? false;
    });
  }

  async patch(
    scope: OrganizationScope,
    id: string,
    environment: string,
    patch: PatchDocument,
    expected: Expectation,
    onInvalid?: OnInvalid,
  ): Promise<ProjectResponseDto> {
    return this.change(scope, id, environment, expected, async (tx, environmentId, { current, schema }) => {
      if (!current) throw notDeployed(id, environment);
      const attributes = patchEdgeProperties(patch, current);
      assertFitting(schema, attributes, current, onInvalid);
      const result = await tx.patchEdge(DeployedIn, id, environmentId, { set: { attributes } });
      return result?.changed ?? false;
    });
  }

  async delete(scope: OrganizationScope, id: string, environment: string, expected: Expectation): Promise<void> {
    await this.change(scope, id, environment, expected, async (tx, environmentId, { current }) => {
      if (!current) throw notDeployed(id, environment);
      await tx.disconnect(DeployedIn, { from: id, to: environmentId });
      return true;
    });
  }

  private async change(
    scope: OrganizationScope,
    id: string,
    slug: string,
    expected: Expectation,
    write: (tx: GraphTransaction, environmentId: string, deployment: Deployment) => Promise<boolean>,
  ): Promise<ProjectResponseDto> {
    return this.graph.transaction(async (tx) => {
      const writer = new ProjectWriter(tx, scope);
      const project = await writer.lock(id, expected);
      const environment = await tx.find(Environment, { organization_id: scope.id, slug });
      if (!environment) throw notFound(`The environment "${slug}"`);
      const deployment = project.environments.find((one) => one.slug === slug);
      const current = deployment && (deployment.attributes ?? {});
      const set = await this.schemas.at(project.blueprints, tx);
      const schema = deploymentSchema(set, project, slug);
      if (!(await write(tx, environment.id, { current, schema }))) return toProjectResponse(project, set);
      await tx.patch(Project, id, { touch: true });
      tx.emit('project.updated', { organization_id: scope.id, id, changed: ['environments'] });
      return toProjectResponse(await writer.read(id), set);
    });
  }
}

function assertFitting(
  schema: EffectiveSchema,
  given: JsonObject,
  stored: JsonObject = {},
  onInvalid?: OnInvalid,
): void {
  assertFits(decideAttributes({ stored, after: schema, given, onInvalid, pointer: '', ...OPEN }));
}

function notDeployed(id: string, environment: string): Error {
  return notFound(`The deployment of the project "${id}" in "${environment}"`);
}
