import { keepCaller } from './client-caller.js';
import type { Credentials } from './credentials.js';
import { type Client, createClient, createConfig } from './gen/client/index.js';
import { NotModified } from './not-modified.js';
import { toProblemError } from './problem-error.js';
import { credentialsHttp, DEFAULT_RETRY, type RetryOptions, resilientFetch } from './resilient-fetch.js';

export interface ImbiClientOptions {
  /** The server's address without `/api`, such as `https://imbi.example.org`. */
  baseUrl: string;
  credentials?: Credentials;
  retry?: Partial<RetryOptions>;
  /** For tests and unusual platforms; the global fetch otherwise. */
  fetch?: typeof fetch;
}

/**
 * A client to hand to every operation: `getTeam({ client, path: { org, slug } })`.
 * Failed calls come back as `error`, or are thrown where the call says `throwOnError: true`; either way they are
 * {@link ProblemError}s. Not a failure, but no data either, is an answer of 304: {@link NotModified}.
 */
export function createImbiClient(options: ImbiClientOptions): Client {
  const { baseUrl, credentials } = options;
  const plainFetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  const http = credentialsHttp({ fetch: plainFetch, baseUrl, retry: { ...DEFAULT_RETRY, ...options.retry } });
  const client = createClient(
    createConfig({
      baseUrl,
      fetch: resilientFetch({
        fetch: plainFetch,
        baseUrl,
        credentials,
        retry: { ...DEFAULT_RETRY, ...options.retry },
      }),
    }),
  );
  keepCaller(client, { baseUrl, plainFetch, credentials, http });
  client.interceptors.error.use((error, response) => {
    if (response?.status === 304) return new NotModified(response.headers.get('etag') ?? '');
    return error instanceof Error && !response ? error : toProblemError(error, response);
  });
  return client;
}
