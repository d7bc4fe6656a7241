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
   * Reads the OpenAPI document with what an organization's blueprints declare.
   *
   * @remarks As they are now, of all that the caller may read there: in the schemas of projects, teams, environments, project
   * types, the organization and the edges between projects and others, and as filters of lists of projects. Without an
   * organization it is the document at `/openapi.json`. 404 where the caller may read none of it.
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
