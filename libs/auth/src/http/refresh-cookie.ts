import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';

const TOKEN = /^[A-Za-z0-9_-]{1,200}$/;

/**
 * Keeps the refresh token of a browser where no script can read it: HttpOnly, for this host alone, and sent with nothing
 * that another site began. Other origins of the same site are kept out by {@link assertOwnOrigin}.
 */
@Injectable()
export class RefreshCookie {
  private readonly isSecure: boolean;
  private readonly origins: ReadonlySet<string>;
  private readonly publicOrigin: string | undefined;

  constructor(@Inject(CONFIG) { server }: Config) {
    const { publicUrl, corsOrigins } = server;
    this.isSecure = publicUrl?.startsWith('https:') ?? false;
    this.publicOrigin = publicUrl === undefined ? undefined : new URL(publicUrl).origin;
    this.origins = new Set(corsOrigins);
  }

  read({ headers }: FastifyRequest): string | undefined {
    for (const part of (headers.cookie ?? '').split(';')) {
      const [name, value] = part.trim().split('=', 2);
      if (name === this.name && value !== undefined && TOKEN.test(value)) return value;
    }
    return undefined;
  }

  set(reply: FastifyReply, token: string, maxAgeSeconds: number): void {
    reply.header('set-cookie', this.write(token, maxAgeSeconds));
  }

  clear(reply: FastifyReply): void {
    reply.header('set-cookie', this.write('', 0));
  }

  /**
   * Browsers say where a POST comes from; whoever sets or spends the cookie must come from this server's own pages, or
   * from those that `IMBI_CORS_ORIGINS` names.
   * @throws DomainError `foreign_origin`
   */
  assertOwnOrigin({ headers: { origin }, host }: FastifyRequest): void {
    if (origin !== undefined && (this.origins.has(origin) || this.isOwn(origin, host))) return;
    throw new DomainError('foreign_origin', 'forbidden', 'The cookie is for this server’s own pages only.');
  }

  private isOwn(origin: string, host: string): boolean {
    if (this.publicOrigin !== undefined) return origin === this.publicOrigin;
    return URL.canParse(origin) && new URL(origin).host === host;
  }

  // The prefix makes browsers refuse it from other hosts of the domain, which could plant a token of their own.
  private get name(): string {
    return this.isSecure ? '__Host-imbi_refresh' : 'imbi_refresh';
  }

  private write(value: string, maxAgeSeconds: number): string {
    const attributes = ['Path=/', 'HttpOnly', 'SameSite=Strict', `Max-Age=${maxAgeSeconds}`];
    return [`${this.name}=${value}`, ...attributes, ...(this.isSecure ? ['Secure'] : [])].join('; ');
  }
}
