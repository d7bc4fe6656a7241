import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '#libs/config';
import { TargetGuard } from './target-guard.js';

export interface OutboundRequest {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** More than any discovery document, key set or profile; what is longer is an attack or a mistake. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * The only way from here to a provider. Each request connects anew, to an address that {@link TargetGuard} has just
 * judged; no redirect is followed, no answer is longer than 1 MiB, and none takes longer than the settings allow.
 */
@Injectable()
export class GuardedFetch {
  private readonly timeoutMs: number;

  constructor(
    readonly guard: TargetGuard,
    @Inject(CONFIG) { oauth }: Config,
  ) {
    this.timeoutMs = oauth.requestTimeout * 1000;
  }

  /** @throws DomainError `provider_target_refused`; Error where the provider cannot be reached or answers too much */
  async fetch(address: string, { method, headers, body }: OutboundRequest): Promise<Response> {
    const url = this.guard.assertAllowed(address);
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const signal = AbortSignal.timeout(this.timeoutMs);
    return new Promise((resolve, reject) => {
      const request = send(url, {
        method,
        headers: {
          ...headers,
          'accept-encoding': 'identity',
          ...(body && { 'content-length': Buffer.byteLength(body) }),
        },
        // Sockets are not shared: one that is open already would not be judged again.
        agent: false,
        lookup: this.guard.lookup,
        signal,
      });
      request.on('error', reject);
      request.on('response', (answer) => read(answer).then(resolve, reject));
      request.end(body);
    });
  }
}

async function read(answer: IncomingMessage): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) {
      answer.destroy();
      throw new Error('The answer of the provider is too long.');
    }
    chunks.push(chunk);
  }
  const status = answer.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers.set(name, [value].flat().join(', '));
  }
  const hasBody = status !== 204 && status !== 304;
  return new Response(hasBody ? Buffer.concat(chunks) : null, { status, headers });
}
