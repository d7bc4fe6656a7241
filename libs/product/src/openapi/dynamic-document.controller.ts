import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Authenticated, type OpenApiDocument } from '#libs/http';
import { DynamicDocumentQueryDto } from './dynamic-document.dto.js';
import { DynamicDocumentService } from './dynamic-document.service.js';

@ApiTags('Blueprints')
@Controller('openapi')
export class DynamicDocumentController {
  constructor(private readonly documents: DynamicDocumentService) {}

  /**
   * Reads the OpenAPI document with the attributes of an organization's projects.
   *
   * @remarks As its blueprints are now: in the schemas of projects, and as filters of their list. Without an organization
   * it is the document at `/openapi.json`. 404 where the caller may not read projects there.
   */
  @Get('dynamic.json')
  @Authenticated()
  @ApiOkResponse({
    description: 'An OpenAPI 3.1 document.',
    schema: { type: 'object', additionalProperties: true, example: { openapi: '3.1.0' } },
  })
  getDynamicOpenApi(@Query() query: DynamicDocumentQueryDto): Promise<OpenApiDocument> {
    return this.documents.read(query.organization);
  }
}
