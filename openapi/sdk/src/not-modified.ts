/** What the caller has is still the present version: the answer to `If-None-Match` that brings no body (304). */
export class NotModified extends Error {
  override readonly name = 'NotModified';
  readonly status = 304;

  constructor(
    /** The version both sides have. */
    readonly etag: string,
  ) {
    super('Not modified: the version that the caller has is the present one');
  }
}

/** The outcome of {@link ifModified}: the new version, or word that there is none. */
export type Conditional<Data> = { modified: true; data: Data; etag: string } | { modified: false; etag: string };

/**
 * Reads something only if it is no longer the version `etag`; `read` is given the headers to send. Without an etag, it
 * reads in any case. Other failures are thrown.
 * @example
 * const outcome = await ifModified(team.etag, (headers) => getTeam({ client, path, headers, throwOnError: true }));
 * if (outcome.modified) team = outcome;
 */
export async function ifModified<Data>(
  etag: string | undefined,
  read: (headers: { 'If-None-Match'?: string }) => Promise<{ data: Data; response: Response }>,
): Promise<Conditional<Data>> {
  try {
    const { data, response } = await read(etag === undefined ? {} : { 'If-None-Match': etag });
    return { modified: true, data, etag: response.headers.get('etag') ?? '' };
  } catch (error) {
    if (error instanceof NotModified) return { modified: false, etag: error.etag };
    throw error;
  }
}
