export { attributeFilters } from './attribute/attribute-list.js';
export { BlueprintModule } from './blueprint/blueprint.module.js';
export {
  BlueprintSchemas,
  BlueprintSet,
  type EdgeEnds,
  type ProjectPlace,
} from './blueprint/blueprint-schemas.js';
export { BlueprintSeeder } from './blueprint/blueprint-seeder.js';
export { BLUEPRINTS_VERSION } from './blueprint/blueprints.read-model.js';
export type { EffectiveProperty, EffectiveSchema, SchemaSource } from './blueprint/effective-schema.js';
export { CatalogHttpModule } from './catalog-http.module.js';
export { CatalogJobsModule } from './catalog-jobs.module.js';
export { CHANGE_VISIBILITY, type ChangeVisibility, type VisibleOrganization } from './history/change-visibility.js';
export {
  BLUEPRINT_EDGES,
  BLUEPRINT_TYPES,
  Blueprint,
  type BlueprintEdge,
  type BlueprintType,
} from './model/blueprint.vertex.js';
export { catalogMigrations } from './model/catalog.migration.js';
export { catalogDefinitions } from './model/catalog.model.js';
export { BelongsTo, Organization } from './model/organization.vertex.js';
export { Environment, LinkDefinition, ProjectType, Tag, Team } from './model/organization-owned.vertex.js';
export { DependsOn, DeployedIn, HasType, OwnedBy, Project, TaggedWith } from './model/project.vertex.js';
export { ORGANIZATION_VISIBILITY, type OrganizationVisibility } from './organization/organization-visibility.js';
export type { VisibleOrganizations } from './organization/organizations.service.js';
export { PROJECT_TYPE_USERS, type ProjectTypeUsers } from './project-type/project-type-users.js';
export { CATALOG_AUDIT, type CatalogAudit, type CatalogAuditEvent } from './shared/catalog-audit.js';
export { CATALOG_CALLER, type CatalogCaller } from './shared/catalog-caller.js';
export { ENTITY_IMAGES, type EntityImages, type ImageUse } from './shared/entity-images.js';
export { ON_PROJECT } from './shared/granted-resources.js';
export { InOrganization, type OrganizationScope } from './shared/organization-scope.js';
