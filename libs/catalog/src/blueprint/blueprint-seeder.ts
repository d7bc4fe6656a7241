import { Injectable } from '@nestjs/common';
import { createLogger, isDomainError } from '#libs/common';
import { Graph } from '#libs/graph';
import type { BlueprintWriteDto } from './blueprint.dto.js';
import { BlueprintSeedsRepository } from './blueprint-seeds.repository.js';
import { BlueprintsService } from './blueprints.service.js';

const logger = createLogger('catalog');

/** What an installation starts with. */
export const DEPLOYMENT_PROPERTIES: BlueprintWriteDto = {
  slug: 'deployment-properties',
  name: 'Deployment Properties',
  description: 'What is known of a project in an environment.',
  kind: 'relationship',
  source: 'Project',
  edge: 'DEPLOYED_IN',
  target: 'Environment',
  json_schema: {
    type: 'object',
    properties: { url: { type: 'string', format: 'uri', title: 'URL', description: 'Where it is reached there.' } },
  },
};

/** Sets up blueprints: each exactly once, so that an operator's edits and deletions stay. */
@Injectable()
export class BlueprintSeeder {
  constructor(
    private readonly graph: Graph,
    private readonly blueprints: BlueprintsService,
  ) {}

  /** Returns the slugs of what was set up. Safe to run on every boot and in several processes at once. */
  async seed(): Promise<readonly string[]> {
    const { slug } = DEPLOYMENT_PROPERTIES;
    if (await new BlueprintSeedsRepository(this.graph.read).has(slug)) return [];
    return this.graph.transaction(async (tx) => {
      if (!(await new BlueprintSeedsRepository(tx).claim(slug))) return [];
      try {
        await tx.attempt(() => this.blueprints.insert(tx, { id: null }, DEPLOYMENT_PROPERTIES));
      } catch (error) {
        // An operator made one of this name before the first start with seeds: theirs it is.
        if (isDomainError(error) && error.code === 'already_exists') return [];
        throw error;
      }
      logger.info({ slug }, 'a blueprint was set up');
      return [slug];
    });
  }
}
