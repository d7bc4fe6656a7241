import type { FastifyReply } from 'fastify';

/**
 * An answer given before, thrown by the idempotency guard: a guard can stop a request only by throwing, and the filter
 * sends it. Not an Error, so that no stack is captured.
 */
export class StoredAnswer {
  constructor(
    readonly status: number,
    readonly headers: Readonly<Record<string, string>>,
    readonly body: string | undefined,
  ) {}

  send(reply: FastifyReply): void {
    reply
      .code(this.status)
      .headers({ ...this.headers, 'idempotency-replayed': 'true' })
      .send(this.body);
  }
}
