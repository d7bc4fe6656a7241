import { Controller, Get, Header, HttpStatus, Inject, Res } from '@nestjs/common';
import {
  ApiExcludeEndpoint,
  ApiOkResponse,
  ApiOperation,
  ApiServiceUnavailableResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../access/access.decorator.js';
import { HealthRegistry } from './health.js';
import { MetricsAccess } from './metrics-access.js';
import { ReadinessDto, StatusDto } from './status.dto.js';

@ApiTags('Status')
@Controller()
export class StatusController {
  constructor(
    @Inject(HealthRegistry) private readonly health: HealthRegistry,
    @Inject(MetricsAccess) private readonly metrics: MetricsAccess,
  ) {}

  @Get('status')
  @Public()
  @ApiOperation({
    summary: 'Tells whether the process is alive',
    description: 'Asks no dependency; for liveness probes.',
  })
  @ApiOkResponse({ type: StatusDto, description: 'The process is alive.' })
  getStatus(): StatusDto {
    return { status: 'ok' };
  }

  @Get('status/ready')
  @Public()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Tells whether the server is ready',
    description: 'Asks every dependency; 503 while a required one is down or the server is about to stop.',
  })
  @ApiOkResponse({ type: ReadinessDto, description: 'Every required dependency answers.' })
  @ApiServiceUnavailableResponse({ type: ReadinessDto, description: 'A required dependency is down.' })
  async getReadiness(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadinessDto> {
    const { ready, checks } = await this.health.report();
    reply.code(ready ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE);
    return { status: ready ? 'ready' : 'not_ready', checks };
  }

  @Get('metrics')
  @Public()
  @ApiExcludeEndpoint()
  async getMetrics(@Res() reply: FastifyReply): Promise<void> {
    reply.type(this.metrics.contentType).send(await this.metrics.render(reply.request));
  }
}
