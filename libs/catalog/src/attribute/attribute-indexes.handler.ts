import { Injectable } from '@nestjs/common';
import { createLogger, type JsonObject } from '#libs/common';
import { Database } from '#libs/database';
import { OnEvent, OnSchedule } from '#libs/queue';
import type { BlueprintRecord } from '../blueprint/blueprint-record.js';
import { BlueprintSchemas } from '../blueprint/blueprint-schemas.js';
import { byPrecedence, declaredProperties } from '../blueprint/effective-schema.js';
import { attributeField, isSortable } from './attribute-field.js';
import { AttributeIndexesRepository } from './attribute-indexes.repository.js';

/** Says in the schema of an attribute that projects are often looked for by it. */
const INDEXED = 'x-index';
// Each costs every write of a project a little; so many are enough for what people ask for all day.
const MAX_INDEXES = 20;
const logger = createLogger('attribute-indexes');

/** Keeps an index for each attribute whose blueprint asks for one. */
@Injectable()
export class AttributeIndexesHandler {
  private readonly indexes: AttributeIndexesRepository;

  constructor(
    database: Database,
    private readonly schemas: BlueprintSchemas,
  ) {
    this.indexes = new AttributeIndexesRepository(database);
  }

  // By schedule too: while one process builds an index, another that is told of a change does nothing.
  @OnSchedule('attribute-indexes', { everySeconds: 600 })
  @OnEvent('blueprint.created')
  @OnEvent('blueprint.updated')
  @OnEvent('blueprint.enabled')
  @OnEvent('blueprint.disabled')
  @OnEvent('blueprint.deleted')
  async reconcile(): Promise<void> {
    const { blueprints } = await this.schemas.current();
    const wanted = indexedAttributes(blueprints);
    const names = wanted.slice(0, MAX_INDEXES);
    const done = await this.indexes.reconcile(names);
    if (!done || done.made.length + done.dropped.length === 0) return;
    const without = wanted.slice(MAX_INDEXES);
    logger.info({ ...done, without }, 'indexes over attributes were brought in line with the blueprints');
  }
}

/** The attributes of projects that want an index and can have one, those of the first blueprints first. */
export function indexedAttributes(blueprints: readonly BlueprintRecord[]): readonly string[] {
  const inForce = blueprints.filter(({ enabled, subject }) => enabled && subject === 'Project');
  const names = [...inForce]
    .sort(byPrecedence)
    .flatMap(({ schema }) => declaredProperties(schema))
    .filter(([, schema]) => schema[INDEXED] === true && canBeIndexed(schema))
    .map(([name]) => name);
  return [...new Set(names)];
}

// Instants are compared as such, not as the texts that are stored; items of lists are not in an index of values.
function canBeIndexed(schema: JsonObject): boolean {
  const field = attributeField(schema);
  return isSortable(field) && field.type !== 'datetime';
}
