import type { Credentials, CredentialsHttp } from './credentials.js';
import type { Client } from './gen/client/index.js';

/** What a call that is not generated needs of a client: where the server is, and who calls. */
export interface ClientCaller {
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  /**
   * Has `send` make the call with the caller's Authorization header, and once more with a new one after a 401, where it
   * can be made twice.
   */
  authorized(isRepeatable: boolean, send: (authorization: string | undefined) => Promise<Response>): Promise<Response>;
}

const callers = new WeakMap<Client, ClientCaller>();

export function keepCaller(
  client: Client,
  options: { baseUrl: string; plainFetch: typeof fetch; credentials: Credentials | undefined; http: CredentialsHttp },
): void {
  const { baseUrl, plainFetch, credentials, http } = options;
  callers.set(client, {
    baseUrl,
    fetch: plainFetch,
    async authorized(isRepeatable, send) {
      const authorization = await credentials?.authorization(http);
      const response = await send(authorization);
      if (response.status !== 401 || !isRepeatable) return response;
      if (!(await credentials?.renew(http, authorization))) return response;
      await response.body?.cancel();
      return send(await credentials?.authorization(http));
    },
  });
}

export function callerOf(client: Client): ClientCaller {
  const caller = callers.get(client);
  if (!caller) throw new TypeError('This needs a client that createImbiClient made.');
  return caller;
}
