import { Module } from '@nestjs/common';
import { DeadLettersController } from './dead-letters.controller.js';
import { DeadLettersService } from './dead-letters.service.js';
import { GraphQueryController } from './graph-query.controller.js';
import { GraphQueryService } from './graph-query.service.js';

/** What operators do over HTTP. */
@Module({
  controllers: [DeadLettersController, GraphQueryController],
  providers: [DeadLettersService, GraphQueryService],
})
export class AdminHttpModule {}
