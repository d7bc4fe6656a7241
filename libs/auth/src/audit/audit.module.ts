import { Global, Module } from '@nestjs/common';
import { REFUSAL_RECORDER } from '#libs/http';
import { AuditController, OrganizationAuditController } from './audit.controller.js';
import { AuditLog } from './audit-log.service.js';
import { AuditReads } from './audit-reads.service.js';
import { Refusals } from './refusals.service.js';

/** The audit log over HTTP, and what writes down reads and refusals. Global, so that any route may be an `@AuditRead`. */
@Global()
@Module({
  controllers: [AuditController, OrganizationAuditController],
  providers: [AuditLog, AuditReads, Refusals, { provide: REFUSAL_RECORDER, useExisting: Refusals }],
  exports: [AuditReads],
})
export class AuditModule {}
