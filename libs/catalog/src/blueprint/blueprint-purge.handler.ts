import { Injectable } from '@nestjs/common';
import { isJsonObject, type JsonObject } from '#libs/common';
import { Graph, type GraphTransaction } from '#libs/graph';
import { type JobContext, OnJob } from '#libs/queue';
import { DependsOn, DeployedIn, Project } from '../model/project.vertex.js';
import { BlueprintPurgesRepository, type PurgeRow } from './blueprint-purges.repository.js';
import { purgeBlueprint } from './blueprint-purges.service.js';
import { BlueprintSchemas } from './blueprint-schemas.js';
import { type Bearer, definitionOf, EstateReadModel } from './estate.read-model.js';

const CHUNK = 200;

/**
 * Removes the values that a deleted blueprint declared and that no other one in force declares for the same entity, a
 * chunk in each transaction, with its history, its events and the progress. Killed at any moment it goes on from the
 * last chunk that was committed.
 */
@Injectable()
export class BlueprintPurgeHandler {
  constructor(
    private readonly graph: Graph,
    private readonly schemas: BlueprintSchemas,
  ) {}

  @OnJob(purgeBlueprint)
  async run({ purge_id: id }: { purge_id: string }, context: JobContext): Promise<void> {
    try {
      for (let row = await this.step(id); row && row.state !== 'done'; row = await this.step(id)) {
        context.signal.throwIfAborted();
        await context.progress({ done: row.checked, total: row.total });
      }
    } catch (error) {
      if (context.attempt >= purgeBlueprint.retry.attempts) await this.fail(id);
      throw error;
    }
  }

  private async step(id: string): Promise<PurgeRow | undefined> {
    return this.graph.transaction(async (tx) => {
      const rows = new BlueprintPurgesRepository(tx);
      const purge = await rows.lock(id);
      if (!purge || purge.state === 'done') return purge;
      const estate = new EstateReadModel(tx, purge.subject, purge.organization_id);
      const page = await estate.page(purge.position ?? undefined, CHUNK);
      const set = await this.schemas.current(tx);
      let removed = 0;
      for (const bearer of page.bearers) {
        const { properties } = set.schemaOf(bearer.place);
        const names = purge.attributes.filter(
          (name) => Object.hasOwn(bearer.attributes, name) && !properties.has(name),
        );
        if (names.length > 0 && (await strip(tx, purge, bearer, names))) removed += 1;
      }
      await rows.advance(id, { checked: page.entities, removed, position: page.next });
      return rows.find(id);
    });
  }

  private async fail(id: string): Promise<void> {
    await this.graph.transaction((tx) => new BlueprintPurgesRepository(tx).fail(id));
  }
}

async function strip(tx: GraphTransaction, { subject }: PurgeRow, bearer: Bearer, names: string[]): Promise<boolean> {
  const { id, to, place } = bearer;
  const definition = definitionOf(subject);
  // The lock shows what it is now: somebody may have written it since the page was read.
  const locked: JsonObject | undefined = await tx.lock(definition, id);
  if (!locked) return false;
  if (to) {
    const edge = subject === 'DEPLOYED_IN' ? DeployedIn : DependsOn;
    const [current] = await tx.edgesOf(edge, { from: id, to: to.id });
    if (!current) return false;
    await tx.patchEdge(edge, id, to.id, { set: { attributes: without(current.properties.attributes, names) } });
    await tx.patch(Project, id, { touch: true });
  } else {
    await tx.patch(definition, id, { set: { attributes: without(locked['attributes'], names) } });
  }
  const noun = definition.label.replace(/(?<=[a-z])[A-Z]/g, '_$&').toLowerCase();
  const changed = to ? (subject === 'DEPLOYED_IN' ? 'environments' : 'dependencies') : 'attributes';
  tx.emit(`${noun}.updated`, { organization_id: place.organizationId, id, slug: bearer.slug, changed: [changed] });
  return true;
}

function without(attributes: unknown, names: readonly string[]): JsonObject {
  if (!isJsonObject(attributes)) return {};
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
}
