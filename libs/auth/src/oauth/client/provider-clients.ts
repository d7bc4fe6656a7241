import { Injectable } from '@nestjs/common';
import type { SignInProvider } from '../provider/provider-registry.js';
import { GitHubClient } from './github-client.js';
import { OidcClient } from './oidc-client.js';
import type { ProviderClient } from './provider-client.js';

/** Which protocol a provider speaks. */
@Injectable()
export class ProviderClients {
  constructor(
    private readonly oidc: OidcClient,
    private readonly github: GitHubClient,
  ) {}

  for({ type }: Pick<SignInProvider, 'type'>): ProviderClient {
    return type === 'github' ? this.github : this.oidc;
  }
}
