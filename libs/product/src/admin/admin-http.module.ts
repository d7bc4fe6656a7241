import { Module } from '@nestjs/common';
import { AuthModule } from '#libs/auth';
import { DeadLettersController } from './dead-letters.controller.js';
import { DeadLettersService } from './dead-letters.service.js';
import { GraphQueryController } from './graph-query.controller.js';
import { GraphQueryService } from './graph-query.service.js';
import { QueueBoardController } from './queue-board/queue-board.controller.js';
import { QueueBoard } from './queue-board/queue-board.js';
import { QueueBoardService } from './queue-board/queue-board.service.js';
import { QueueBoardAccess } from './queue-board/queue-board-access.js';

/** What operators do over HTTP. */
@Module({
  imports: [AuthModule],
  controllers: [DeadLettersController, GraphQueryController, QueueBoardController],
  providers: [DeadLettersService, GraphQueryService, QueueBoardAccess, QueueBoard, QueueBoardService],
})
export class AdminHttpModule {}
