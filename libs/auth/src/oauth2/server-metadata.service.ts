import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '#libs/config';
import { Graph } from '#libs/graph';
import { Permission } from '../model/identity.vertex.js';
import { AccessTokens } from '../token/access-tokens.js';
import type { AuthorizationServerDto } from './oauth2.dto.js';

const ALL_PERMISSIONS = 1000;
const METHODS = ['client_secret_basic', 'client_secret_post'];

/** Tells clients where everything is (RFC 8414). */
@Injectable()
export class ServerMetadata {
  constructor(
    private readonly graph: Graph,
    private readonly tokens: AccessTokens,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async describe(request: FastifyRequest): Promise<AuthorizationServerDto> {
    const base = this.config.server.publicUrl?.replace(/\/+$/, '') ?? `${request.protocol}://${request.host}`;
    const { items } = await this.graph.read.list(Permission, { order: [['name', 'asc']], limit: ALL_PERMISSIONS });
    return {
      issuer: this.tokens.issuer,
      token_endpoint: `${base}/api/auth/token`,
      revocation_endpoint: `${base}/api/auth/revoke`,
      introspection_endpoint: `${base}/api/auth/introspect`,
      jwks_uri: `${base}/.well-known/jwks.json`,
      token_endpoint_auth_methods_supported: METHODS,
      revocation_endpoint_auth_methods_supported: METHODS,
      introspection_endpoint_auth_methods_supported: METHODS,
      grant_types_supported: ['client_credentials'],
      response_types_supported: [],
      scopes_supported: items.map(({ name }) => name),
      service_documentation: `${base}/docs`,
    };
  }
}
