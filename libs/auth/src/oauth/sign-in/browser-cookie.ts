import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '#libs/config';
import { randomToken } from '#libs/crypto';

const TOKEN = /^[A-Za-z0-9_-]{43}$/;
/** As long as a browser may be away at a provider. */
export const FLOW_SECONDS = 600;

/**
 * Ties a sign-in to the browser that began it: somebody else’s callback address or code, however it was got hold of or
 * slipped in, is worth nothing without this cookie. Lax, because the way back from a provider is a link of theirs.
 */
@Injectable()
export class BrowserCookie {
  private readonly isSecure: boolean;

  constructor(@Inject(CONFIG) { server }: Config) {
    this.isSecure = server.publicUrl?.startsWith('https:') ?? false;
  }

  read({ headers }: FastifyRequest): string | undefined {
    for (const part of (headers.cookie ?? '').split(';')) {
      const [name, value] = part.trim().split('=', 2);
      if (name === this.name && value !== undefined && TOKEN.test(value)) return value;
    }
    return undefined;
  }

  /** The browser’s token: the one it has, so that sign-ins in several tabs do not undo each other, else a new one. */
  ensure(request: FastifyRequest, reply: FastifyReply): string {
    const token = this.read(request) ?? randomToken();
    reply.header('set-cookie', this.write(token, FLOW_SECONDS));
    return token;
  }

  clear(reply: FastifyReply): void {
    reply.header('set-cookie', this.write('', 0));
  }

  // The prefix makes browsers refuse it from other hosts of the domain, which could plant a token that they know.
  private get name(): string {
    return this.isSecure ? '__Host-imbi_sign_in' : 'imbi_sign_in';
  }

  private write(value: string, maxAgeSeconds: number): string {
    const attributes = ['Path=/', 'HttpOnly', 'SameSite=Lax', `Max-Age=${maxAgeSeconds}`];
    return [`${this.name}=${value}`, ...attributes, ...(this.isSecure ? ['Secure'] : [])].join('; ');
  }
}
