export { CatalogHttpModule } from './catalog-http.module.js';
export { catalogMigrations } from './model/catalog.migration.js';
export { catalogDefinitions } from './model/catalog.model.js';
export { Organization } from './model/organization.vertex.js';
export { Environment, LinkDefinition, ProjectType, Tag, Team } from './model/organization-owned.vertex.js';
export { DependsOn, DeployedIn, HasType, OwnedBy, Project, TaggedWith } from './model/project.vertex.js';
export { ORGANIZATION_VISIBILITY, type OrganizationVisibility } from './organization/organization-visibility.js';
export type { VisibleOrganizations } from './organization/organizations.service.js';
export { CATALOG_CALLER, type CatalogCaller } from './shared/catalog-caller.js';
