import { Module } from '@nestjs/common';
import { AttributeUse } from './attribute/attribute-use.js';
import { BlueprintModule } from './blueprint/blueprint.module.js';
import { BlueprintPreviews } from './blueprint/blueprint-preview.service.js';
import { BlueprintPurges } from './blueprint/blueprint-purges.service.js';
import { BlueprintSeeder } from './blueprint/blueprint-seeder.js';
import { BlueprintsController } from './blueprint/blueprints.controller.js';
import { BlueprintsService } from './blueprint/blueprints.service.js';
import { OrganizationBlueprintsController } from './blueprint/organization-blueprints.controller.js';
import { SchemasController } from './blueprint/schemas.controller.js';
import { SchemasService } from './blueprint/schemas.service.js';
import { DependenciesController } from './dependency/dependencies.controller.js';
import { DependenciesService } from './dependency/dependencies.service.js';
import { EnvironmentsController } from './environment/environments.controller.js';
import { EnvironmentsService } from './environment/environments.service.js';
import { ChangesController } from './history/changes.controller.js';
import { ChangesService } from './history/changes.service.js';
import { ProjectHistoryController } from './history/project-history.controller.js';
import { ProjectHistoryService } from './history/project-history.service.js';
import { LinkDefinitionsController } from './link-definition/link-definitions.controller.js';
import { LinkDefinitionsService } from './link-definition/link-definitions.service.js';
import { OrganizationDeletionsController } from './organization/organization-deletions.controller.js';
import { OrganizationDeletions } from './organization/organization-deletions.service.js';
import { OrganizationsController } from './organization/organizations.controller.js';
import { OrganizationsService } from './organization/organizations.service.js';
import { ProjectBatchController } from './project/project-batch.controller.js';
import { ProjectBatchService } from './project/project-batch.service.js';
import { ProjectEnvironmentsController } from './project/project-environments.controller.js';
import { ProjectEnvironmentsService } from './project/project-environments.service.js';
import { ProjectFacetsController } from './project/project-facets.controller.js';
import { ProjectFacetsService } from './project/project-facets.service.js';
import { ProjectLookupController } from './project/project-lookup.controller.js';
import { ProjectsController } from './project/projects.controller.js';
import { ProjectsService } from './project/projects.service.js';
import { ProjectTypesController } from './project-type/project-types.controller.js';
import { ProjectTypesService } from './project-type/project-types.service.js';
import { TagsController } from './tag/tags.controller.js';
import { TagsService } from './tag/tags.service.js';
import { TeamsController } from './team/teams.controller.js';
import { TeamsService } from './team/teams.service.js';

/** The catalogue over HTTP. `Graph`, `Analytics`, the HTTP base, ORGANIZATION_VISIBILITY, CHANGE_VISIBILITY and CATALOG_CALLER must be provided globally. */
@Module({
  imports: [BlueprintModule],
  controllers: [
    OrganizationsController,
    OrganizationDeletionsController,
    TeamsController,
    ProjectTypesController,
    EnvironmentsController,
    LinkDefinitionsController,
    TagsController,
    BlueprintsController,
    OrganizationBlueprintsController,
    SchemasController,
    // Before the routes with `:id`, which would take "batch", "facets" and "by-slug" for one.
    ProjectBatchController,
    ProjectFacetsController,
    ProjectLookupController,
    ProjectsController,
    ProjectEnvironmentsController,
    DependenciesController,
    ProjectHistoryController,
    ChangesController,
  ],
  providers: [
    AttributeUse,
    OrganizationsService,
    OrganizationDeletions,
    TeamsService,
    ProjectTypesService,
    EnvironmentsService,
    LinkDefinitionsService,
    TagsService,
    BlueprintsService,
    BlueprintPreviews,
    BlueprintPurges,
    BlueprintSeeder,
    SchemasService,
    ProjectsService,
    ProjectBatchService,
    ProjectFacetsService,
    ProjectEnvironmentsService,
    DependenciesService,
    ProjectHistoryService,
    ChangesService,
  ],
})
export class CatalogHttpModule {}
