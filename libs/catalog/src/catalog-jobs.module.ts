import { Module } from '@nestjs/common';
import { OrganizationDeletionHandler } from './organization/organization-deletion.handler.js';

/** The catalogue's jobs, for the processes that run jobs. `Graph` must be provided globally. */
@Module({ providers: [OrganizationDeletionHandler] })
export class CatalogJobsModule {}
