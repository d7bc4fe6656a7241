import { Global, Module } from '@nestjs/common';
import { recordAudit } from '#libs/auth';
import { CATALOG_AUDIT, type CatalogAudit } from '#libs/catalog';

const audit: CatalogAudit = {
  record: (tx, event) => recordAudit(tx.transaction, { ...event, outcome: 'success' }),
};

/** Writes into the audit log what the catalogue's requests and jobs have to say. */
@Global()
@Module({ providers: [{ provide: CATALOG_AUDIT, useValue: audit }], exports: [CATALOG_AUDIT] })
export class CatalogAuditModule {}
