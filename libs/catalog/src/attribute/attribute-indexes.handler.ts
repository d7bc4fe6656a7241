import { Injectable } from '@nestjs/common';
import { createLogger } from '#libs/common';
import { Database } from '#libs/database';
import { Graph } from '#libs/graph';
import { OnEvent, OnSchedule } from '#libs/queue';
import { BlueprintSchemas } from '../blueprint/blueprint-schemas.js';
import { AttributeIndexesRepository } from './attribute-indexes.repository.js';
import { AttributeUsesRepository } from './attribute-uses.repository.js';
import { chooseIndexes, MAX_INDEXES } from './index-choice.js';

const logger = createLogger('attribute-indexes');

/** Keeps an index for each attribute whose blueprint asks for one, and for those by which projects are looked for all day. */
@Injectable()
export class AttributeIndexesHandler {
  private readonly indexes: AttributeIndexesRepository;
  private readonly uses: AttributeUsesRepository;

  constructor(
    database: Database,
    graph: Graph,
    private readonly schemas: BlueprintSchemas,
  ) {
    this.indexes = new AttributeIndexesRepository(database);
    this.uses = new AttributeUsesRepository(graph.read);
  }

  // By schedule too: use changes by itself, and while one process builds an index, another that is told of a change does
  // nothing.
  @OnSchedule('attribute-indexes', { everySeconds: 600 })
  @OnEvent('blueprint.created')
  @OnEvent('blueprint.updated')
  @OnEvent('blueprint.enabled')
  @OnEvent('blueprint.disabled')
  @OnEvent('blueprint.deleted')
  async reconcile(): Promise<void> {
    const { blueprints } = await this.schemas.current();
    const uses = await this.uses.read();
    let wanted: readonly string[] = [];
    const done = await this.indexes.reconcile((state) => {
      wanted = chooseIndexes(blueprints, { ...state, uses });
      return wanted.slice(0, MAX_INDEXES);
    });
    await this.uses.forgetOld();
    if (!done || done.made.length + done.dropped.length === 0) return;
    const without = wanted.slice(MAX_INDEXES);
    logger.info({ ...done, without }, 'indexes over attributes were brought in line with blueprints and use');
  }
}
