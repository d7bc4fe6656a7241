import { Module } from '@nestjs/common';
import { CONFIG, type Config } from '#libs/config';
import { AuthModule } from '../auth.module.js';
import { RefreshCookie } from '../http/refresh-cookie.js';
import { SessionTokens } from '../http/session-tokens.js';
import { MfaSecondFactor } from '../mfa/mfa-second-factor.js';
import { UserRoles } from '../user/user-roles.service.js';
import { GitHubClient } from './client/github-client.js';
import { OidcClient } from './client/oidc-client.js';
import { ProviderClients } from './client/provider-clients.js';
import { IdentitiesRepository } from './identity/identities.repository.js';
import { MyIdentitiesController } from './identity/my-identities.controller.js';
import { MyIdentities } from './identity/my-identities.service.js';
import { LocalAuthController } from './local-auth/local-auth.controller.js';
import { LocalAuth } from './local-auth/local-auth.service.js';
import { GuardedFetch } from './outbound/guarded-fetch.js';
import { TargetGuard } from './outbound/target-guard.js';
import { OAuthProvidersController } from './provider/oauth-providers.controller.js';
import { OAuthProvidersService } from './provider/oauth-providers.service.js';
import { ProviderRegistry } from './provider/provider-registry.js';
import { ProviderSecrets } from './provider/provider-secrets.repository.js';
import { AccountMatching } from './sign-in/account-matching.service.js';
import { BrowserCookie } from './sign-in/browser-cookie.js';
import { CodeExchange } from './sign-in/code-exchange.service.js';
import { FlowsRepository } from './sign-in/flows.repository.js';
import { ProviderSignInController } from './sign-in/provider-sign-in.controller.js';
import { ProviderSignIn } from './sign-in/provider-sign-in.service.js';
import { ProviderSignInHttp } from './sign-in/provider-sign-in-http.service.js';
import { SecondFactor } from './sign-in/second-factor.js';

/** Signing in with providers: their administration, the way to them and back, and whose accounts they are. */
@Module({
  imports: [AuthModule],
  controllers: [OAuthProvidersController, ProviderSignInController, MyIdentitiesController, LocalAuthController],
  providers: [
    {
      provide: TargetGuard,
      inject: [CONFIG],
      useFactory: ({ oauth }: Config) => new TargetGuard(oauth.privateTargets),
    },
    UserRoles,
    GuardedFetch,
    OidcClient,
    GitHubClient,
    ProviderClients,
    ProviderRegistry,
    ProviderSecrets,
    OAuthProvidersService,
    IdentitiesRepository,
    AccountMatching,
    FlowsRepository,
    BrowserCookie,
    ProviderSignIn,
    CodeExchange,
    RefreshCookie,
    SessionTokens,
    ProviderSignInHttp,
    MyIdentities,
    LocalAuth,
    { provide: SecondFactor, useClass: MfaSecondFactor },
  ],
  exports: [LocalAuth, RefreshCookie, SessionTokens, UserRoles],
})
export class OAuthHttpModule {}
