import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated, Paged } from '#libs/http';
import { ChangeFeedDto, ChangeFeedQueryDto } from './changes.dto.js';
import { CHANGES_LIST, ChangesService } from './changes.service.js';

@ApiTags('Changes')
@Controller('changes')
export class ChangesController {
  constructor(private readonly changes: ChangesService) {}

  /**
   * Lists what was changed in everything the caller may read, oldest first.
   *
   * @remarks Of each organization the kinds of things that the caller's roles let them read there. To follow the
   * catalogue, keep `position` and pass it as `cursor` the next time: nothing is left out and nothing comes twice. A
   * change appears when it can no longer be overtaken by an earlier one, which takes seconds; 503 without analytics.
   */
  @Get()
  @Authenticated()
  @Paged(CHANGES_LIST)
  listChanges(@Query() query: ChangeFeedQueryDto): Promise<ChangeFeedDto> {
    return this.changes.list(query);
  }
}
