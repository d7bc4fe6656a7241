import { Blueprint } from './blueprint.vertex.js';
import { BelongsTo, Organization } from './organization.vertex.js';
import { Environment, LinkDefinition, ProjectType, Tag, Team } from './organization-owned.vertex.js';
import { DependsOn, DeployedIn, HasType, OwnedBy, Project, TaggedWith } from './project.vertex.js';

/** Every vertex and edge of the catalogue; the migrations are checked against them. */
export const catalogDefinitions = [
  Organization,
  Team,
  ProjectType,
  Environment,
  LinkDefinition,
  Tag,
  Project,
  BelongsTo,
  OwnedBy,
  HasType,
  DeployedIn,
  DependsOn,
  TaggedWith,
  Blueprint,
];
