import { Module } from '@nestjs/common';
import { AttributeIndexesHandler } from './attribute/attribute-indexes.handler.js';
import { BlueprintModule } from './blueprint/blueprint.module.js';
import { BlueprintPurgeHandler } from './blueprint/blueprint-purge.handler.js';
import { OrganizationDeletionHandler } from './organization/organization-deletion.handler.js';

/** The catalogue's jobs, for the processes that run jobs. `Graph` must be provided globally. */
@Module({
  imports: [BlueprintModule],
  providers: [OrganizationDeletionHandler, AttributeIndexesHandler, BlueprintPurgeHandler],
})
export class CatalogJobsModule {}
