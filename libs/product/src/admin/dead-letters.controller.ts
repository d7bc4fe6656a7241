import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '#libs/http';
import { DeadLetterPageDto, DeadLetterQueryDto, ReplayAllDto, ReplayResultDto } from './dead-letter.dto.js';
import { DeadLettersService } from './dead-letters.service.js';

@ApiTags('Jobs')
@Controller('admin/dead-letters')
export class DeadLettersController {
  constructor(private readonly deadLetters: DeadLettersService) {}

  /**
   * Lists the jobs that failed as often as they may be tried, newest first.
   *
   * @remarks Of all queues or of one. The list moves while one reads it, so a page may repeat or skip a job that failed
   * or was replayed meanwhile.
   */
  @Get()
  @RequirePermission('queues:read')
  listDeadLetters(@Query() query: DeadLetterQueryDto): Promise<DeadLetterPageDto> {
    return this.deadLetters.list(query);
  }

  /**
   * Runs a dead job again, with all its attempts.
   *
   * @remarks 404 when there is no such job, 409 `job_not_failed` when it has not failed for good.
   */
  @Post(':id/replay')
  @HttpCode(204)
  @RequirePermission('queues:write')
  replayDeadLetter(@Param('id') id: string): Promise<void> {
    return this.deadLetters.replay(id);
  }

  /**
   * Runs every dead job of a queue again.
   *
   * @remarks Oldest first. Jobs that fail again meanwhile are left for the next time. 404 when there is no such queue.
   */
  @Post('replay-all')
  @HttpCode(200)
  @RequirePermission('queues:write')
  replayAllDeadLetters(@Body() { queue }: ReplayAllDto): Promise<ReplayResultDto> {
    return this.deadLetters.replayAll(queue);
  }

  /**
   * Gives a dead job up.
   *
   * @remarks The job is forgotten and never runs again. 404 when there is no such job, 409 `job_not_failed` when it has
   * not failed for good.
   */
  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('queues:write')
  deleteDeadLetter(@Param('id') id: string): Promise<void> {
    return this.deadLetters.remove(id);
  }
}
