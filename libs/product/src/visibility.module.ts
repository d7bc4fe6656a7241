import { Global, Module } from '@nestjs/common';
import { AccessibleOrganizations, AuthModule, currentAuth } from '#libs/auth';
import { CATALOG_CALLER, type CatalogCaller, CHANGE_VISIBILITY, ORGANIZATION_VISIBILITY } from '#libs/catalog';
import { DomainError } from '#libs/common';
import { VisibleOrganizations } from './visible-organizations.js';

const caller: CatalogCaller = {
  assertMay: (permission) => {
    if (currentAuth()?.can(permission)) return;
    throw new DomainError('forbidden', 'forbidden', `This needs the permission ${permission}.`, {
      details: { permission },
    });
  },
  assertAdmin: () => {
    if (currentAuth()?.isAdmin) return;
    throw new DomainError('forbidden', 'forbidden', 'Only an administrator may do this.');
  },
};

/** Tells the catalogue, which knows nothing of authorization, what a caller may see and do. */
@Global()
@Module({
  imports: [AuthModule],
  providers: [
    { provide: ORGANIZATION_VISIBILITY, useExisting: AccessibleOrganizations },
    { provide: CATALOG_CALLER, useValue: caller },
    { provide: CHANGE_VISIBILITY, useClass: VisibleOrganizations },
  ],
  exports: [ORGANIZATION_VISIBILITY, CHANGE_VISIBILITY, CATALOG_CALLER],
})
export class VisibilityModule {}
