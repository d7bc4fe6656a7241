import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { REQUEST_AUTHENTICATOR } from '#libs/http';
import { AuthModule } from './auth.module.js';
import { AuthController, WellKnownController } from './http/auth.controller.js';
import { AuthGuard } from './http/auth.guard.js';
import { AuthHttpService } from './http/auth-http.service.js';
import { Authenticator } from './http/authenticator.js';
import { BearerStrategy } from './http/bearer.strategy.js';
import { MeController } from './http/me.controller.js';
import { MeService } from './http/me.service.js';

/** The routes of authentication, and the guard before every route of the application. */
@Module({
  imports: [AuthModule],
  controllers: [AuthController, WellKnownController, MeController],
  providers: [
    BearerStrategy,
    Authenticator,
    AuthHttpService,
    MeService,
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: REQUEST_AUTHENTICATOR, useExisting: Authenticator },
  ],
})
export class AuthHttpModule {}
