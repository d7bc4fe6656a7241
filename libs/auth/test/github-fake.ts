import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CLIENT } from './certified-idp.js';

const CODE = 'a-code-of-github';
const TOKEN = 'gho_an-access-token';

export interface GitHubEmail {
  readonly email: string;
  readonly primary: boolean;
  readonly verified: boolean;
}

/** A GitHub Enterprise Server as far as signing in goes. It answers nothing to a request that GitHub would refuse. */
export class GitHubFake {
  user: object = {};
  emails: readonly (GitHubEmail | null)[] = [];
  /** Answers a request instead; returns whether it did. */
  answer: ((path: string, response: ServerResponse) => boolean) | undefined;
  /** What was wrong with the requests that came. */
  readonly faults: string[] = [];
  private challenge = '';
  private callback = '';

  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<GitHubFake> {
    const server = createServer((request, response) => {
      fake.serve(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const fake: GitHubFake = new GitHubFake(`http://127.0.0.1:${port}`, async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    return fake;
  }

  /** The user agrees: where the browser is sent back to. */
  authorize(address: string): string {
    const { pathname, searchParams } = new URL(address);
    this.expect(pathname === '/login/oauth/authorize', 'authorization endpoint');
    this.expect(searchParams.get('client_id') === CLIENT.id, 'client_id');
    this.expect(searchParams.get('response_type') === 'code', 'response_type');
    this.expect(searchParams.get('scope') === 'read:user,user:email', 'scope');
    this.expect(searchParams.get('code_challenge_method') === 'S256', 'code_challenge_method');
    this.challenge = searchParams.get('code_challenge') ?? '';
    this.callback = searchParams.get('redirect_uri') ?? '';
    const back = new URL(this.callback);
    back.searchParams.set('code', CODE);
    back.searchParams.set('state', searchParams.get('state') ?? '');
    return back.href;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const path = request.url ?? '';
    if (this.answer?.(path, response)) return;
    const body = new URLSearchParams(Buffer.concat(chunks).toString());
    const isAuthorized = request.headers.authorization === `Bearer ${TOKEN}`;
    this.expect(request.headers['user-agent'] !== undefined, 'user-agent');
    if (request.method === 'POST' && path === '/login/oauth/access_token') return send(response, this.exchange(body));
    this.expect(isAuthorized, `authorization of ${path}`);
    if (request.method === 'GET' && path === '/api/v3/user' && isAuthorized) return send(response, this.user);
    if (request.method === 'GET' && path === '/api/v3/user/emails' && isAuthorized) return send(response, this.emails);
    this.expect(false, `${request.method} ${path}`);
    response.writeHead(404).end('{}');
  }

  private exchange(body: URLSearchParams): object {
    const verifier = body.get('code_verifier') ?? '';
    const isRight =
      body.get('grant_type') === 'authorization_code' &&
      body.get('client_id') === CLIENT.id &&
      body.get('client_secret') === CLIENT.secret &&
      body.get('redirect_uri') === this.callback &&
      createHash('sha256').update(verifier).digest('base64url') === this.challenge;
    this.expect(isRight, 'token request');
    // GitHub answers 200 to a wrong code.
    if (!isRight || body.get('code') !== CODE)
      return { error: 'bad_verification_code', error_description: 'Wrong code.' };
    return { access_token: TOKEN, token_type: 'bearer', scope: 'read:user,user:email' };
  }

  private expect(isRight: boolean, what: string): void {
    if (!isRight) this.faults.push(what);
  }
}

function send(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
