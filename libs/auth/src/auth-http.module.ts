import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { REQUEST_AUTHENTICATOR } from '#libs/http';
import { AccessController } from './access/access.controller.js';
import { AccessQuestions } from './access/access.service.js';
import { ExplainReadModel } from './access/explain.read-model.js';
import { SimulationReadModel } from './access/simulation.read-model.js';
import { Simulations } from './access/simulation.service.js';
import { WhatCanReadModel } from './access/what-can.read-model.js';
import { WhoCanReadModel } from './access/who-can.read-model.js';
import { ApiKeys } from './api-key/api-keys.service.js';
import { KeyUsage } from './api-key/key-usage.js';
import { MyApiKeysController } from './api-key/my-api-keys.controller.js';
import { MyApiKeys } from './api-key/my-api-keys.service.js';
import { ServiceAccountApiKeysController } from './api-key/service-account-api-keys.controller.js';
import { UserApiKeysController } from './api-key/user-api-keys.controller.js';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth.module.js';
import { ClientCodec } from './client/client-codec.js';
import { ClientsController } from './client/clients.controller.js';
import { Clients } from './client/clients.service.js';
import { CredentialRules } from './credential/credential-rules.service.js';
import { Owners } from './credential/owners.service.js';
import { GrantsRepository } from './grant/grants.repository.js';
import { GrantsService } from './grant/grants.service.js';
import { MyGrantsController } from './grant/my-grants.controller.js';
import { MyGrantsReadModel } from './grant/my-grants.read-model.js';
import { MyGrants } from './grant/my-grants.service.js';
import { ProjectGrantsController } from './grant/project-grants.controller.js';
import { TeamGrantsController } from './grant/team-grants.controller.js';
import { GroupMembersRepository } from './group/group-members.repository.js';
import { GroupMembers } from './group/group-members.service.js';
import { GroupRoles } from './group/group-roles.service.js';
import { GroupsController } from './group/groups.controller.js';
import { GroupsService } from './group/groups.service.js';
import { AuthController, WellKnownController } from './http/auth.controller.js';
import { AuthGuard } from './http/auth.guard.js';
import { AuthHttpService } from './http/auth-http.service.js';
import { Authenticator } from './http/authenticator.js';
import { BearerStrategy } from './http/bearer.strategy.js';
import { MeController } from './http/me.controller.js';
import { MeService } from './http/me.service.js';
import { MfaService } from './mfa/mfa.service.js';
import { MyMfaController } from './mfa/my-mfa.controller.js';
import { OAuthHttpModule } from './oauth/oauth-http.module.js';
import { ClientAuthentication } from './oauth2/client-authentication.service.js';
import { ClientSecretsRepository } from './oauth2/client-secrets.repository.js';
import { ClientTokens } from './oauth2/client-tokens.service.js';
import { AuthorizationServerController, OAuth2Controller } from './oauth2/oauth2.controller.js';
import { ServerMetadata } from './oauth2/server-metadata.service.js';
import { PermissionsController, RolesController } from './role/roles.controller.js';
import { RolesRepository } from './role/roles.repository.js';
import { RolesService } from './role/roles.service.js';
import { ServiceAccountRoles } from './service-account/service-account-roles.service.js';
import { ServiceAccountsController } from './service-account/service-accounts.controller.js';
import { ServiceAccounts } from './service-account/service-accounts.service.js';
import { SessionPages } from './session/session-pages.js';
import { MyAvatarController } from './user/my-avatar.controller.js';
import { OwnAvatar } from './user/own-avatar.service.js';
import { OwnPassword } from './user/own-password.service.js';
import { UserAdministration } from './user/user-administration.service.js';
import { UserSessions } from './user/user-sessions.service.js';
import { UserUnlock } from './user/user-unlock.service.js';
import { UsersController } from './user/users.controller.js';

/** The routes of authentication, and the guard before every route of the application. */
@Module({
  imports: [AuthModule, AuditModule, OAuthHttpModule],
  controllers: [
    AuthController,
    WellKnownController,
    MeController,
    MyAvatarController,
    MyMfaController,
    UsersController,
    RolesController,
    PermissionsController,
    AccessController,
    GroupsController,
    ServiceAccountsController,
    MyApiKeysController,
    ServiceAccountApiKeysController,
    UserApiKeysController,
    ClientsController,
    OAuth2Controller,
    AuthorizationServerController,
    ProjectGrantsController,
    TeamGrantsController,
    MyGrantsController,
  ],
  providers: [
    BearerStrategy,
    Authenticator,
    AuthHttpService,
    MeService,
    ExplainReadModel,
    WhoCanReadModel,
    WhatCanReadModel,
    SimulationReadModel,
    AccessQuestions,
    Simulations,
    RolesRepository,
    RolesService,
    GroupsService,
    GroupMembersRepository,
    GroupMembers,
    GroupRoles,
    GrantsRepository,
    GrantsService,
    MyGrantsReadModel,
    MyGrants,
    SessionPages,
    UserSessions,
    UserUnlock,
    OwnPassword,
    OwnAvatar,
    MfaService,
    UserAdministration,
    CredentialRules,
    Owners,
    ApiKeys,
    MyApiKeys,
    KeyUsage,
    ClientCodec,
    Clients,
    ClientSecretsRepository,
    ClientAuthentication,
    ClientTokens,
    ServerMetadata,
    ServiceAccounts,
    ServiceAccountRoles,
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: REQUEST_AUTHENTICATOR, useExisting: Authenticator },
  ],
})
export class AuthHttpModule {}
