import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIPv6 } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '#libs/common';
import { HTTP_OPTIONS, type HttpOptions } from '../app/http-options.js';
import { Metrics } from './metrics.js';

const INSIDE = new BlockList();
INSIDE.addSubnet('127.0.0.0', 8);
INSIDE.addSubnet('10.0.0.0', 8);
INSIDE.addSubnet('172.16.0.0', 12);
INSIDE.addSubnet('192.168.0.0', 16);
INSIDE.addAddress('::1', 'ipv6');
INSIDE.addSubnet('fc00::', 7, 'ipv6');

/** Lets scrapers read the metrics: those with the token, or, where none is set, those on the same network. */
@Injectable()
export class MetricsAccess {
  constructor(
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(HTTP_OPTIONS) private readonly options: HttpOptions,
  ) {}

  get contentType(): string {
    return this.metrics.contentType;
  }

  /** @throws DomainError `unauthenticated` or `forbidden` */
  async render(request: FastifyRequest): Promise<string> {
    const token = this.options.config.server.metricsToken;
    if (token === undefined) assertInside(request.ip);
    else assertToken(token, request.headers.authorization);
    return this.metrics.render();
  }
}

function assertToken(token: string, header: string | undefined): void {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  if (header !== undefined && timingSafeEqual(digest(header), digest(`Bearer ${token}`))) return;
  throw new DomainError('unauthenticated', 'unauthenticated', 'The metrics need their bearer token.');
}

function assertInside(ip: string): void {
  const address = ip.startsWith('::ffff:') ? ip.slice(7) : ip;
  if (INSIDE.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return;
  throw new DomainError('forbidden', 'forbidden', 'Without a token the metrics are for the same network only.');
}
