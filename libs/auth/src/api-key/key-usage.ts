import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { API_KEY_USAGE, UsageRecorder } from '#libs/analytics';
import { authOf } from '../principal/auth-context.js';

/** Writes a row for each call that came with an API key, after it was answered. */
@Injectable()
export class KeyUsage implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly usage: UsageRecorder,
  ) {}

  onModuleInit(): void {
    const fastify: FastifyInstance = this.host.httpAdapter.getInstance();
    fastify.addHook('onResponse', (request, reply, done) => {
      this.record(request, reply);
      done();
    });
  }

  private record(request: FastifyRequest, reply: FastifyReply): void {
    const auth = request.imbiContext && authOf(request.imbiContext);
    if (auth?.credential.kind !== 'api_key') return;
    this.usage.record(API_KEY_USAGE, {
      key_id: auth.credential.id,
      principal_kind: auth.principal.kind,
      principal_id: auth.principal.id,
      organization_id: auth.organizationId ?? '',
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      latency_ms: reply.elapsedTime,
      ip: request.ip,
      request_id: request.id,
    });
  }
}
