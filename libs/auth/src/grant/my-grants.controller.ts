import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated, Paged, PageQueryDto } from '#libs/http';
import { MyGrantPageDto } from './grant.dto.js';
import { MY_GRANT_LIST, MyGrants } from './my-grants.service.js';

@ApiTags('Me')
@Controller('me/grants')
export class MyGrantsController {
  constructor(private readonly grants: MyGrants) {}

  /**
   * Lists the resources that were granted to the caller by themselves.
   *
   * @remarks To the caller or to groups they are in, in every organization, by name. They are not in the lists of
   * organizations in which the caller has no role. What has expired is left out.
   */
  @Get()
  @Authenticated()
  @Paged(MY_GRANT_LIST)
  listMyGrants(@Query() query: PageQueryDto): Promise<MyGrantPageDto> {
    return this.grants.list(query);
  }
}
