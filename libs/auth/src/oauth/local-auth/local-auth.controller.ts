import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '#libs/http';
import { LocalAuthDto } from './local-auth.dto.js';
import { LocalAuth } from './local-auth.service.js';

@ApiTags('Sign-in providers')
@Controller('admin/local-auth')
export class LocalAuthController {
  constructor(private readonly localAuth: LocalAuth) {}

  /**
   * Tells whether users may sign in with a password.
   *
   * @remarks A new installation lets them.
   */
  @Get()
  @RequirePermission('oauth-providers:read')
  getLocalAuth(): Promise<LocalAuthDto> {
    return this.localAuth.get();
  }

  /**
   * Switches sign-in with a password on or off.
   *
   * @remarks Off refuses `POST /api/auth/login` for everybody, at once and on every server; sessions go on. It cannot be
   * switched off before an active administrator has signed in with an enabled provider (409 `local_auth_needed`).
   */
  @Put()
  @RequirePermission('oauth-providers:write')
  setLocalAuth(@Body() body: LocalAuthDto): Promise<LocalAuthDto> {
    return this.localAuth.set(body);
  }
}
