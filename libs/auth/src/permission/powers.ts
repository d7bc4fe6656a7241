/** One permission in one organization, or everywhere (null), or on one resource of an organization. */
export interface Power {
  readonly organizationId: string | null;
  readonly permission: string;
  /** Id of the resource on which it was granted by itself; absent where a role gives it. */
  readonly resource?: string;
  /** When such a grant expires; null or absent for never. */
  readonly until?: string | null;
}

/**
 * What somebody may do, in every place at once. Compared where one person gives to another or takes from them: nobody
 * may give what they do not hold, nor command an account that is mightier than their own.
 */
export class Powers {
  private readonly places = new Map<string | null, Set<string>>();
  private readonly granted = new Map<string, Power>();

  constructor(
    powers: Iterable<Power>,
    /** Administrators hold every permission everywhere, without any edge that says so. */
    readonly isAdmin = false,
  ) {
    for (const power of powers) {
      const { organizationId, permission, resource } = power;
      if (resource !== undefined) {
        const key = `${resource} ${permission}`;
        const other = this.granted.get(key);
        if (!other || outlasts(power, other)) this.granted.set(key, power);
        continue;
      }
      const held = this.places.get(organizationId) ?? new Set();
      this.places.set(organizationId, held.add(permission));
    }
  }

  holds(power: Power): boolean {
    const { organizationId, permission, resource } = power;
    if (this.isAdmin || this.places.get(null)?.has(permission)) return true;
    if (this.places.get(organizationId)?.has(permission)) return true;
    const granted = resource === undefined ? undefined : this.granted.get(`${resource} ${permission}`);
    // What one holds for a time can be passed on for that time.
    return granted !== undefined && outlasts(granted, power);
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
    yield* this.granted.values();
  }
}

function outlasts({ until: left = null }: Power, { until: right = null }: Power): boolean {
  return left === null || (right !== null && left >= right);
}
