/** One permission in one organization, or everywhere (null). */
export interface Power {
  readonly organizationId: string | null;
  readonly permission: string;
}

/**
 * What somebody may do, in every place at once. Compared where one person gives to another or takes from them: nobody
 * may give what they do not hold, nor command an account that is mightier than their own.
 */
export class Powers {
  private readonly places = new Map<string | null, Set<string>>();

  constructor(
    powers: Iterable<Power>,
    /** Administrators hold every permission everywhere, without any edge that says so. */
    readonly isAdmin = false,
  ) {
    for (const { organizationId, permission } of powers) {
      const held = this.places.get(organizationId) ?? new Set();
      this.places.set(organizationId, held.add(permission));
    }
  }

  holds({ organizationId, permission }: Power): boolean {
    if (this.isAdmin || this.places.get(null)?.has(permission)) return true;
    return this.places.get(organizationId)?.has(permission) ?? false;
  }

  /** Whether the permission is held in one place at least. */
  holdsSomewhere(permission: string): boolean {
    return this.isAdmin || [...this.places.values()].some((held) => held.has(permission));
  }

  covers(other: Powers): boolean {
    return this.isAdmin || this.lacking(other).length === 0;
  }

  /** The powers of `other` that are not held here; an administrator's cannot be listed, so see {@link covers}. */
  lacking(other: Powers): Power[] {
    if (this.isAdmin) return [];
    const lacking = [...other].filter((power) => !this.holds(power));
    return other.isAdmin ? [{ organizationId: null, permission: '*' }, ...lacking] : lacking;
  }

  /** As much of it as a credential with these scopes may use. */
  within(scopes: ReadonlySet<string>): Powers {
    if (this.isAdmin) return new Powers([...scopes].map((permission) => ({ organizationId: null, permission })));
    return new Powers([...this].filter(({ permission }) => scopes.has(permission)));
  }

  *[Symbol.iterator](): Iterator<Power> {
    for (const [organizationId, permissions] of this.places) {
      for (const permission of permissions) yield { organizationId, permission };
    }
  }
}
