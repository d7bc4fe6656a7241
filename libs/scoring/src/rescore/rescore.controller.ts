import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Accepts, RequirePermission } from '#libs/http';
import { RescoreDto, RescoreRunDto } from './rescore.dto.js';
import { Rescores } from './rescore.service.js';

@ApiTags('Scoring')
@Controller('scoring')
export class RescoreController {
  constructor(private readonly rescores: Rescores) {}

  /**
   * Has projects scored anew.
   *
   * @remarks All of them, those of an organization, or those that one project, type, team, policy or blueprint is about;
   * scores follow changes by themselves, so this is for who wants to be sure. It is a job: the answer is 202 with how far
   * it is, and `Location` says where to ask again. Scores that are right already are not written.
   */
  @Post('rescore')
  @HttpCode(202)
  @RequirePermission('scoring:rescore')
  @Accepts('/api/scoring/rescores/{id}', RescoreRunDto)
  startRescore(@Body() body: RescoreDto): Promise<RescoreRunDto> {
    return this.rescores.start(body);
  }

  /**
   * Tells how far a run is.
   *
   * @remarks Runs are kept for 30 days after they ended.
   */
  @Get('rescores/:id')
  @RequirePermission('scoring:rescore')
  getRescore(@Param('id') id: string): Promise<RescoreRunDto> {
    return this.rescores.get(id);
  }

  /**
   * Cancels a run.
   *
   * @remarks After the batch that is being scored; what is scored stays. 409 `rescore_ended` where it had ended,
   * `rescore_needed` where it was no one's wish but follows from a change.
   */
  @Post('rescores/:id/cancel')
  @HttpCode(200)
  @RequirePermission('scoring:rescore')
  cancelRescore(@Param('id') id: string): Promise<RescoreRunDto> {
    return this.rescores.cancel(id);
  }
}
