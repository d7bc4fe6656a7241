import type { BlueprintEdge, BlueprintType } from '#libs/catalog';

/** Where the document speaks of what blueprints declare for one kind of vertex or edge. */
export interface AttributePlaces {
  /** The name of the schema that says what is declared. */
  readonly name: string;
  /** What a caller must be allowed to, to be shown it. */
  readonly permission: string;
  readonly about: string;
  /** Edges may also have what nobody declares. */
  readonly isOpen: boolean;
  /** The members of schemas that it stands for: schema, property, and whether of each entry of a map; `…Patch` are patches. */
  readonly members: readonly (readonly [schema: string, property: string, each?: 'each'])[];
  /** The operations whose whole body it is. */
  readonly bodies?: readonly (readonly [path: string, method: 'put' | 'patch'])[];
}

const PROJECT = '/api/organizations/{org}/projects/{id}';

export const ATTRIBUTE_PLACES: Readonly<Record<BlueprintType | BlueprintEdge, AttributePlaces>> = {
  Organization: ofVertex('Organization', 'organization', 'for the organization'),
  Team: ofVertex('Team', 'team', 'for teams'),
  ProjectType: ofVertex('ProjectType', 'project_type', 'for project types; which one may have may depend on its slug'),
  Environment: ofVertex('Environment', 'environment', 'for environments; which one may have may depend on its slug'),
  Project: ofVertex('Project', 'project', 'for projects; which a project may have depends on its types'),
  DEPLOYED_IN: {
    name: 'DeploymentProperties',
    permission: 'project:read',
    isOpen: true,
    about: 'for deployments of projects; which one may have depends on the environment and the types',
    members: [
      ['ProjectEnvironment', 'properties'],
      ['ProjectWrite', 'environments', 'each'],
      ['ProjectPatch', 'environments', 'each'],
    ],
    bodies: [
      [`${PROJECT}/environments/{environment}`, 'put'],
      [`${PROJECT}/environments/{environment}`, 'patch'],
    ],
  },
  DEPENDS_ON: {
    name: 'DependencyProperties',
    permission: 'project:read',
    isOpen: true,
    about: 'for dependencies of projects; which one may have depends on the types',
    members: [['Dependency', 'properties']],
    bodies: [[`${PROJECT}/dependencies/{dependency}`, 'put']],
  },
};

function ofVertex(label: BlueprintType, resource: string, about: string): AttributePlaces {
  return {
    name: `${label}Attributes`,
    permission: `${resource}:read`,
    isOpen: false,
    about,
    members: ['', 'Write', 'Patch'].map((suffix) => [label + suffix, 'attributes'] as const),
  };
}
