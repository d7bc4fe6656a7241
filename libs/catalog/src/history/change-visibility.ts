/** Injection token of the {@link ChangeVisibility}: the catalogue does not know how callers are authorized. */
export const CHANGE_VISIBILITY = Symbol('imbi.catalog.change-visibility');

/** An organization that the caller may do something in. */
export interface VisibleOrganization {
  readonly id: string;
  readonly slug: string;
  may(permission: string): boolean;
}

export interface ChangeVisibility {
  /**
   * The organizations that the caller of the current request may do anything in, or the one of these that is named.
   * @throws DomainError `invalid_parameters` (400) where there are more than can be followed at once
   */
  organizations(slug?: string): Promise<readonly VisibleOrganization[]>;
}

/** What is needed to read the changes of each kind of vertex. */
const OF_VERTICES: Readonly<Record<string, string>> = {
  Organization: 'organization:read',
  Team: 'team:read',
  ProjectType: 'project_type:read',
  Environment: 'environment:read',
  LinkDefinition: 'link_definition:read',
  Tag: 'tag:read',
  Project: 'project:read',
};
/** Edges say something about the project that they start at. */
const OF_PROJECTS = ['OWNED_BY', 'TYPE', 'DEPLOYED_IN', 'DEPENDS_ON', 'TAGGED_WITH'];

/** Every label that changes may be read of, if the caller may. */
export const FOLLOWED_LABELS: readonly string[] = [...Object.keys(OF_VERTICES), ...OF_PROJECTS, 'BELONGS_TO'];

/** The labels whose changes somebody may read in an organization. */
export function readableLabels(organization: VisibleOrganization): readonly string[] {
  const vertices = Object.entries(OF_VERTICES).flatMap(([label, needed]) => (organization.may(needed) ? [label] : []));
  return [...vertices, ...(vertices.includes('Project') ? OF_PROJECTS : [])];
}

export function isVertexLabel(label: string): boolean {
  return Object.hasOwn(OF_VERTICES, label);
}
