import type { Credentials, CredentialsHttp } from './credentials.js';
import { ProblemError, retryAfterSeconds } from './problem-error.js';

export interface RetryOptions {
  /** How often one call is sent at most, the first time included (default 4). */
  attempts: number;
  /** The first wait in milliseconds; it doubles each time, with jitter (default 200). */
  baseMilliseconds: number;
  /** The longest wait in milliseconds, a Retry-After included: a longer one ends the call (default 20,000). */
  maxMilliseconds: number;
}

export const DEFAULT_RETRY: RetryOptions = { attempts: 4, baseMilliseconds: 200, maxMilliseconds: 20_000 };

const TRANSIENT_STATUSES = new Set([429, 502, 503, 504]);
const IDEMPOTENT_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** A fetch that signs each request and repeats it where that is safe. */
export function resilientFetch(options: {
  fetch: typeof fetch;
  baseUrl: string;
  credentials?: Credentials;
  retry: RetryOptions;
}): typeof fetch {
  const http = credentialsHttp(options);
  return async (input, init) => {
    const request = new Request(input, init);
    let renewed = false;
    return repeat(request, options.retry, mayRepeat(request), async () => {
      for (;;) {
        const authorization = request.headers.has('authorization')
          ? undefined
          : await options.credentials?.authorization(http);
        const response = await options.fetch(signed(request, authorization));
        if (response.status !== 401 || authorization === undefined || renewed) return response;
        renewed = true;
        if (!(await options.credentials?.renew(http, authorization))) return response;
      }
    });
  };
}

/** What credentials may use to sign in. */
export function credentialsHttp(options: {
  fetch: typeof fetch;
  baseUrl: string;
  retry: RetryOptions;
}): CredentialsHttp {
  return {
    // Repeating is safe here: a sign-in that is done twice leaves a spare session, and a refresh whose answer was lost
    // is answered once more with the same tokens.
    post: (path, body, headers) => {
      const form = body instanceof URLSearchParams;
      const request = new Request(new URL(path, options.baseUrl), {
        method: 'POST',
        headers: form ? headers : { 'content-type': 'application/json', ...headers },
        body: form ? body : JSON.stringify(body),
      });
      return repeat(request, options.retry, true, () => options.fetch(request.clone()));
    },
  };
}

async function repeat(
  request: Request,
  retry: RetryOptions,
  repeatable: boolean,
  send: () => Promise<Response>,
): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const wait = waitBefore(attempt, retry);
    let response: Response;
    try {
      response = await send();
    } catch (error) {
      // A refused sign-in is an answer, not a broken connection.
      if (error instanceof ProblemError || request.signal.aborted || attempt >= retry.attempts || !repeatable)
        throw error;
      await pause(wait, request.signal);
      continue;
    }
    if (!TRANSIENT_STATUSES.has(response.status) || attempt >= retry.attempts) return response;
    // 429 means that nothing was done, whatever the method.
    if (response.status !== 429 && !repeatable) return response;
    const asked = (retryAfterSeconds(response.headers.get('retry-after')) ?? 0) * 1000;
    if (asked > retry.maxMilliseconds) return response;
    await response.body?.cancel();
    await pause(Math.max(asked, wait), request.signal);
  }
}

// POST may run twice when its answer is lost, unless the server knows it by a key; PATCH likewise, unless it names
// the version that it changes.
function mayRepeat(request: Request): boolean {
  if (IDEMPOTENT_METHODS.has(request.method)) return true;
  return request.headers.has('idempotency-key') || (request.method === 'PATCH' && request.headers.has('if-match'));
}

function signed(request: Request, authorization: string | undefined): Request {
  const copy = request.clone();
  if (authorization !== undefined) copy.headers.set('authorization', authorization);
  return copy;
}

function waitBefore(attempt: number, retry: RetryOptions): number {
  const ceiling = Math.min(retry.maxMilliseconds, retry.baseMilliseconds * 2 ** (attempt - 1));
  return ceiling * (0.5 + Math.random() / 2);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}
