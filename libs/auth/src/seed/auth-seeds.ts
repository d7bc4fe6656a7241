import { PERMISSIONS, type PermissionDefinition } from '../permission/permissions.js';

export interface RoleSeed {
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly priority: number;
  readonly is_default: boolean;
}

export const ROLE_SEEDS: readonly RoleSeed[] = [
  { slug: 'admin', name: 'Administrator', description: 'Everything.', priority: 300, is_default: false },
  {
    slug: 'developer',
    name: 'Developer',
    description: 'Sees the catalogue and looks after its projects.',
    priority: 200,
    is_default: false,
  },
  { slug: 'viewer', name: 'Viewer', description: 'Sees the catalogue.', priority: 100, is_default: true },
];

/** One thing that is set up once in the life of an installation; what an operator makes of it later stays. */
export type AuthSeed =
  | { readonly kind: 'permission'; readonly permission: PermissionDefinition }
  | { readonly kind: 'role'; readonly role: RoleSeed }
  | { readonly kind: 'grant'; readonly role: string; readonly permission: string };

/** Permissions and roles first, then what joins them. */
export function authSeeds(permissions: readonly PermissionDefinition[] = PERMISSIONS): AuthSeed[] {
  return [
    ...permissions.map((permission): AuthSeed => ({ kind: 'permission', permission })),
    ...ROLE_SEEDS.map((role): AuthSeed => ({ kind: 'role', role })),
    ...permissions.flatMap(({ name, roles }) =>
      roles.map((role): AuthSeed => ({ kind: 'grant', role, permission: name })),
    ),
  ];
}

/** Under this name a seed is remembered as done. */
export function seedName(seed: AuthSeed): string {
  switch (seed.kind) {
    case 'permission':
      return `permission/${seed.permission.name}`;
    case 'role':
      return `role/${seed.role.slug}`;
    case 'grant':
      return `grant/${seed.role}/${seed.permission}`;
  }
}
