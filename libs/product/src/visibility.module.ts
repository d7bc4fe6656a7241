import { Global, Module } from '@nestjs/common';
import { AccessibleOrganizations, AuthModule, currentAuth, recordAudit } from '#libs/auth';
import {
  CATALOG_AUDIT,
  CATALOG_CALLER,
  type CatalogAudit,
  type CatalogCaller,
  CHANGE_VISIBILITY,
  ORGANIZATION_VISIBILITY,
} from '#libs/catalog';
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

const audit: CatalogAudit = {
  record: (tx, event) => recordAudit(tx.transaction, { ...event, outcome: 'success' }),
};

/** Tells the catalogue, which knows nothing of authorization, what a caller may see and do. */
@Global()
@Module({
  imports: [AuthModule],
  providers: [
    { provide: ORGANIZATION_VISIBILITY, useExisting: AccessibleOrganizations },
    { provide: CATALOG_CALLER, useValue: caller },
    { provide: CHANGE_VISIBILITY, useClass: VisibleOrganizations },
    { provide: CATALOG_AUDIT, useValue: audit },
  ],
  exports: [ORGANIZATION_VISIBILITY, CHANGE_VISIBILITY, CATALOG_CALLER, CATALOG_AUDIT],
})
export class VisibilityModule {}
