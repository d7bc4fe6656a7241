import { Module } from '@nestjs/common';
import { CONFIG, type Config } from '#libs/config';
import { PasswordHasher, PasswordPolicy } from '#libs/crypto';
import { ApiKeyCodec } from './api-key/api-key-codec.js';
import { LoginService } from './login/login.service.js';
import { LoginThrottle } from './login/login-throttle.js';
import { FreshProof } from './mfa/fresh-proof.service.js';
import { MfaRepository } from './mfa/mfa.repository.js';
import { SecondFactors } from './mfa/second-factors.service.js';
import { ActorPowers } from './permission/actor-powers.js';
import { PowersReadModel } from './permission/powers.read-model.js';
import { RoleAssignments } from './permission/role-assignments.repository.js';
import { AccessibleOrganizations } from './principal/accessible-organizations.js';
import { CredentialUse } from './principal/credential-use.js';
import { CredentialUseRepository } from './principal/credential-use.repository.js';
import { Principals } from './principal/principals.js';
import { PrincipalsReadModel } from './principal/principals.read-model.js';
import { AuthSeeder } from './seed/auth-seeder.js';
import { KnownDevices } from './session/known-devices.repository.js';
import { RefreshService } from './session/refresh.service.js';
import { RefreshTokenCodec } from './session/refresh-token-codec.js';
import { SessionsRepository } from './session/sessions.repository.js';
import { SessionsService } from './session/sessions.service.js';
import { AccessTokens } from './token/access-tokens.js';
import { SigningKeyStore } from './token/signing-key-store.js';
import { BootstrapAdmin } from './user/bootstrap-admin.js';
import { UsersRepository } from './user/users.repository.js';
import { UsersService } from './user/users.service.js';

/**
 * The services of authentication. `Database`, `Graph` (with `authDefinitions`), `KeyRing` and `CONFIG` must be provided
 * globally.
 */
@Module({
  providers: [
    {
      provide: PasswordHasher,
      inject: [CONFIG],
      useFactory: ({ auth }: Config) =>
        new PasswordHasher({
          memoryKib: auth.argon2MemoryKib,
          passes: auth.argon2Passes,
          lanes: auth.argon2Lanes,
          concurrency: auth.hashConcurrency,
          maxQueue: auth.hashQueue,
        }),
    },
    {
      provide: PasswordPolicy,
      inject: [CONFIG],
      useFactory: ({ auth }: Config) =>
        new PasswordPolicy({ profile: auth.passwordPolicy, minLength: auth.passwordMinLength }),
    },
    SigningKeyStore,
    AccessTokens,
    ApiKeyCodec,
    PrincipalsReadModel,
    CredentialUseRepository,
    CredentialUse,
    PowersReadModel,
    ActorPowers,
    RoleAssignments,
    Principals,
    AccessibleOrganizations,
    RefreshTokenCodec,
    SessionsRepository,
    KnownDevices,
    SessionsService,
    RefreshService,
    MfaRepository,
    SecondFactors,
    FreshProof,
    LoginThrottle,
    LoginService,
    UsersRepository,
    UsersService,
    AuthSeeder,
    BootstrapAdmin,
  ],
  exports: [
    ActorPowers,
    KnownDevices,
    MfaRepository,
    SecondFactors,
    FreshProof,
    RoleAssignments,
    UsersRepository,
    LoginThrottle,
    PasswordHasher,
    PasswordPolicy,
    SigningKeyStore,
    AccessTokens,
    ApiKeyCodec,
    PowersReadModel,
    CredentialUse,
    Principals,
    AccessibleOrganizations,
    SessionsService,
    RefreshService,
    LoginService,
    UsersService,
    AuthSeeder,
    BootstrapAdmin,
  ],
})
export class AuthModule {}
