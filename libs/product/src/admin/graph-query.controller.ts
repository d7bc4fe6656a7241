import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '#libs/http';
import { GraphQueryDto, GraphQueryResultDto } from './graph-query.dto.js';
import { GraphQueryService } from './graph-query.service.js';

@ApiTags('Graph')
@Controller('graph')
export class GraphQueryController {
  constructor(private readonly graph: GraphQueryService) {}

  /**
   * Asks the property graph in openCypher.
   * @remarks Sees every organization, so the permission must hold everywhere. The query is audited, can change nothing,
   * and is ended when it takes too long or finds too much.
   */
  @Post('query')
  @HttpCode(200)
  @RequirePermission('graph:query')
  queryGraph(@Body() body: GraphQueryDto): Promise<GraphQueryResultDto> {
    return this.graph.query(body);
  }
}
