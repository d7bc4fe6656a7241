import { Controller, Get, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { Filtered, Paged, Produces, RequirePermission } from '#libs/http';
import { currentAuth } from '../principal/auth-context.js';
import { AuditEventPageDto, AuditEventResponseDto, AuditExportQueryDto, AuditQueryDto } from './audit.dto.js';
import { AUDIT_LIST, ORGANIZATION_AUDIT_LIST } from './audit-conditions.js';
import { AuditLog } from './audit-log.service.js';
import { AuditRead } from './audit-read.decorator.js';

const NDJSON = 'application/x-ndjson';
const EXPORTED = {
  description: 'One event a line, each a JSON document, newest first.',
  content: { [NDJSON]: { schema: { $ref: getSchemaPath(AuditEventResponseDto) } } },
};

@ApiTags('Audit')
@Controller('audit')
export class AuditController {
  constructor(private readonly log: AuditLog) {}

  /**
   * Lists what happened, newest first: who did, or was refused, what.
   *
   * @remarks Events are recorded with what they describe and appear here seconds later at most, as long as analytics
   * are available (503 otherwise). They are kept for two years. Reading the log is itself an event.
   */
  @Get()
  @RequirePermission('audit:read')
  @AuditRead('audit.read', 'AuditLog')
  @Paged(AUDIT_LIST)
  listAuditEvents(@Query() query: AuditQueryDto): Promise<AuditEventPageDto> {
    return this.log.list(query);
  }

  /**
   * Streams the events that match as lines of JSON.
   *
   * @remarks Newest first, up to the moment of the call. An export is whole or refused (422 `audit_export_too_large`),
   * and is itself an event. A connection that ends early means that lines are missing.
   */
  @Get('export')
  @RequirePermission('audit:read')
  @Filtered(AUDIT_LIST)
  @Produces(NDJSON)
  @ApiOkResponse(EXPORTED)
  async exportAuditEvents(@Query() query: AuditExportQueryDto): Promise<StreamableFile> {
    return download(await this.log.export(query));
  }
}

@ApiTags('Audit')
@Controller('organizations/:org/audit')
export class OrganizationAuditController {
  constructor(private readonly log: AuditLog) {}

  /**
   * Lists what happened in an organization, newest first.
   *
   * @remarks Only the events of this organization. What concerns the whole installation, such as signing in, is in the
   * log of the installation.
   */
  @Get()
  @RequirePermission('audit:read')
  @AuditRead('audit.read', 'AuditLog')
  @Paged(ORGANIZATION_AUDIT_LIST)
  listOrganizationAuditEvents(@Query() query: AuditQueryDto): Promise<AuditEventPageDto> {
    return this.log.list(query, organizationId());
  }

  /**
   * Streams the events of an organization that match as lines of JSON.
   *
   * @remarks As the export of the whole log, with the events of this organization only.
   */
  @Get('export')
  @RequirePermission('audit:read')
  @Filtered(ORGANIZATION_AUDIT_LIST)
  @Produces(NDJSON)
  @ApiOkResponse(EXPORTED)
  async exportOrganizationAuditEvents(@Query() query: AuditExportQueryDto): Promise<StreamableFile> {
    return download(await this.log.export(query, organizationId()));
  }
}

function organizationId(): string {
  const id = currentAuth()?.organizationId;
  // The guard lets nobody come here without one; and without one everybody's events would be read.
  if (id === undefined) throw new Error('The organization was not resolved.');
  return id;
}

function download(lines: ConstructorParameters<typeof StreamableFile>[0]): StreamableFile {
  return new StreamableFile(lines, { type: NDJSON, disposition: 'attachment; filename="audit.ndjson"' });
}
