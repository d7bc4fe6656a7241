import type { VisibleOrganizations } from './organizations.service.js';

/** Injection token of the {@link OrganizationVisibility}: the catalogue does not know how callers are authorized. */
export const ORGANIZATION_VISIBILITY = Symbol('imbi.catalog.organization-visibility');

export interface OrganizationVisibility {
  /** The organizations in which the caller of the current request may do anything at all. */
  visible(): Promise<VisibleOrganizations>;
}
