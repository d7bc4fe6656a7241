import type { GrantAction } from '../grant/grant.edge.js';

export interface Node {
  readonly slug: string;
  readonly name: string;
}

/** A part of the graph of access, its vertices by row id: what lies between one principal and one permission. */
export interface AccessFacts {
  /** Undefined where there is none, or everywhere is meant. */
  readonly place:
    | {
        readonly kind: string;
        readonly id: string;
        readonly slug: string;
        /** Null for an organization, which is known by its slug. */
        readonly name: string | null;
        /** Slug of the organization. */
        readonly organization: string;
      }
    | undefined;
  readonly principal:
    | {
        readonly gid: string;
        readonly id: string;
        readonly slug: string | null;
        readonly name: string;
        readonly isActive: boolean;
        readonly isAdmin: boolean;
      }
    | undefined;
  readonly isPermission: boolean;
  /** The groups that the principal is in, through others too. */
  readonly groups: ReadonlyMap<string, Node>;
  /** The roles that the principal holds anywhere, inherited ones too. */
  readonly roles: ReadonlyMap<string, Node>;
  /** Who is in what, itself. */
  readonly memberships: readonly (readonly [string, string])[];
  readonly inheritance: readonly (readonly [string, string])[];
  readonly assignments: readonly {
    readonly holder: string;
    readonly role: string;
    /** Slug; null for everywhere. */
    readonly organization: string | null;
  }[];
  /** Roles that grant the permission themselves, … */
  readonly granting: ReadonlySet<string>;
  /** … and all that have it, by inheritance too. */
  readonly giving: ReadonlySet<string>;
  /** What the principal and their groups were granted on the place itself, expired or not. */
  readonly grants: readonly {
    readonly holder: string;
    readonly actions: readonly GrantAction[];
    readonly expiresAt: string | null;
  }[];
  readonly suggestedRoles: readonly Node[];
  readonly suggestedGroups: readonly Node[];
}
