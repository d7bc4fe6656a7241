import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { NoIdempotencyStore, RequirePermission } from '#libs/http';
import { QueueBoardService } from './queue-board.service.js';

@ApiTags('Jobs')
@Controller('admin/queues')
export class QueueBoardController {
  constructor(private readonly boards: QueueBoardService) {}

  /**
   * Opens the board of queues in the browser.
   *
   * @remarks Sets a cookie for `/admin/queues` alone, which holds for 15 minutes, and no longer than the caller's session
   * and permission do. Changes on the board need `queues:write` besides.
   */
  @Post('session')
  @HttpCode(204)
  @RequirePermission('queues:read')
  @NoIdempotencyStore()
  @ApiNoContentResponse({ description: 'The cookie is set: `/admin/queues` can be opened.' })
  openQueueBoard(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): void {
    reply.header('set-cookie', this.boards.openingCookie(request));
  }
}
