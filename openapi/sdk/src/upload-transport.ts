/** How much of a file has been sent. */
export interface UploadProgress {
  /** Bytes of the file. */
  sent: number;
  /** Undefined where the length of a stream is not known. */
  total: number | undefined;
}

/** A Blob, a browser's File, a web stream, or whatever gives bytes piece by piece, as a Node stream does. */
export type UploadSource = Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** A form with one file, as it is to be sent. */
export interface SentForm {
  readonly source: UploadSource;
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly filename: string;
  readonly contentType: string;
  readonly size: number | undefined;
}

/** Sends it by what the platform has. */
export async function sendForm(
  url: URL,
  authorization: string | undefined,
  form: SentForm,
  fetchForm: typeof fetch,
): Promise<Response> {
  return 'XMLHttpRequest' in globalThis
    ? sendByRequest(url, authorization, form)
    : sendByFetch(url, authorization, form, fetchForm);
}

async function sendByFetch(
  url: URL,
  authorization: string | undefined,
  form: SentForm,
  fetchForm: typeof fetch,
): Promise<Response> {
  const boundary = `imbi-${crypto.randomUUID()}`;
  const init = {
    method: 'POST',
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: toStream(encode(form, boundary)),
    signal: form.signal ?? null,
    // A body that is a stream can only be sent so; the types of browsers do not know it.
    duplex: 'half',
  };
  return fetchForm(url, init);
}

async function* encode({ source, filename, contentType, size, onProgress }: SentForm, boundary: string) {
  const text = new TextEncoder();
  const name = filename.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  yield text.encode(
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: ${contentType}\r\n\r\n`,
  );
  let sent = 0;
  for await (const bytes of piecesOf(source)) {
    yield bytes;
    // It is asked for more only when this has been taken.
    sent += bytes.length;
    onProgress?.({ sent, total: size });
  }
  yield text.encode(`\r\n--${boundary}--\r\n`);
}

async function* piecesOf(source: SentForm['source']): AsyncGenerator<Uint8Array> {
  if (!(source instanceof Blob) && Symbol.asyncIterator in source) {
    yield* source;
    return;
  }
  const reader = (source instanceof Blob ? source.stream() : source).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}

function toStream(pieces: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

async function sendByRequest(url: URL, authorization: string | undefined, form: SentForm): Promise<Response> {
  const { filename, contentType, onProgress, signal } = form;
  const blob = await toBlob(form);
  const body = new FormData();
  body.append('file', blob.type === contentType ? blob : blob.slice(0, blob.size, contentType), filename);
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', url);
    if (authorization !== undefined) request.setRequestHeader('authorization', authorization);
    // What is around the file in the form is counted too, so the sum is a little more than the file.
    request.upload.onprogress = ({ loaded }) => onProgress?.({ sent: Math.min(loaded, blob.size), total: blob.size });
    request.onload = () => resolve(toResponse(request));
    request.onerror = () => reject(new TypeError('The upload failed: the connection broke.'));
    request.onabort = () => reject(signal?.reason);
    signal?.addEventListener('abort', () => request.abort(), { once: true });
    request.send(body);
  });
}

async function toBlob({ source, contentType }: SentForm): Promise<Blob> {
  if (source instanceof Blob) return source;
  return new Response(toStream(piecesOf(source)), { headers: { 'content-type': contentType } }).blob();
}

function toResponse(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const line of request
    .getAllResponseHeaders()
    .trim()
    .split(/[\r\n]+/)) {
    const at = line.indexOf(':');
    if (at > 0) headers.append(line.slice(0, at), line.slice(at + 1).trim());
  }
  return new Response(request.responseText, { status: request.status, headers });
}
