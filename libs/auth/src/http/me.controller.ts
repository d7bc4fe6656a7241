import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Authenticated, NoIdempotencyStore, Paged, PageQueryDto, RateLimit } from '#libs/http';
import { SESSION_LIST } from '../session/session-pages.js';
import { OwnPassword } from '../user/own-password.service.js';
import { OwnPasswordDto } from '../user/user.dto.js';
import { MeQueryDto, MeResponseDto, SessionPageDto } from './me.dto.js';
import { MeService } from './me.service.js';
import { WithoutSecondFactor } from './without-second-factor.decorator.js';

@ApiTags('Me')
@WithoutSecondFactor(true)
@Controller('me')
export class MeController {
  constructor(
    private readonly me: MeService,
    private readonly passwords: OwnPassword,
  ) {}

  @Get()
  @Authenticated()
  @ApiOperation({
    summary: 'Tells who the caller is',
    description: 'Who is signed in, and what they may do: everywhere, or in the organization asked for.',
  })
  @ApiOkResponse({ type: MeResponseDto, description: 'The caller.' })
  getMe(@Query() query: MeQueryDto): Promise<MeResponseDto> {
    return this.me.get(query.organization);
  }

  @Put('password')
  @HttpCode(204)
  @Authenticated()
  @RateLimit('login')
  @NoIdempotencyStore()
  @ApiOperation({
    summary: 'Changes the caller’s password',
    description:
      'Asks for the password until now (422 `validation_failed` where it is wrong; wrong ones count as failed ' +
      'sign-ins). Every other session of the caller ends.',
  })
  @ApiNoContentResponse({ description: 'The new password holds.' })
  changeMyPassword(@Body() body: OwnPasswordDto): Promise<void> {
    return this.passwords.change(body);
  }

  @Get('sessions')
  @Authenticated()
  @Paged(SESSION_LIST)
  @ApiOperation({
    summary: 'Lists the caller’s sessions',
    description: 'Every place where the caller is signed in, the newest first.',
  })
  @ApiOkResponse({ type: SessionPageDto, description: 'A page of sessions.' })
  listMySessions(@Query() query: PageQueryDto): Promise<SessionPageDto> {
    return this.me.listSessions(query);
  }

  @Delete('sessions/:id')
  @HttpCode(204)
  @Authenticated()
  @ApiOperation({
    summary: 'Ends one of the caller’s sessions',
    description: 'Its tokens stop working at once, on every server.',
  })
  @ApiParam({ name: 'id', description: 'The id of the session, from the list of sessions.' })
  @ApiNoContentResponse({ description: 'The session has ended.' })
  endMySession(@Param('id') id: string): Promise<void> {
    return this.me.endSession(id);
  }
}
