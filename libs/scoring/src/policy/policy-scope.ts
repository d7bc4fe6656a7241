/** Whose policies: an organization's own, or those that are for all organizations. */
export interface PolicyScope {
  /** Null for all organizations. */
  readonly organizationId: string | null;
  /** What slugs are unique in, as {@link ScoringPolicy} stores it. */
  readonly key: string;
}

export const EVERYWHERE: PolicyScope = { organizationId: null, key: 'all' };

export function scopeOf(organizationId: string): PolicyScope {
  return { organizationId, key: organizationId };
}
