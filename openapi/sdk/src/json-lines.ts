/**
 * Reads a streamed answer of JSON lines one by one, as they arrive; leaving the loop ends the download.
 * @throws Error where the stream ends in the middle of a line: then lines are missing
 * @example
 * const { data } = await exportAuditEvents({ client, parseAs: 'stream', throwOnError: true });
 * for await (const event of jsonLines<AuditEvent>(data)) console.log(event.action);
 */
export async function* jsonLines<Item>(stream: unknown): AsyncGenerator<Item, void> {
  if (!(stream instanceof ReadableStream)) throw new TypeError("This is no stream; call with `parseAs: 'stream'`.");
  const reader: ReadableStreamDefaultReader<Uint8Array> = stream.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + (done ? decoder.decode() : decoder.decode(value, { stream: true }))).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line);
      if (!done) continue;
      if (rest !== '') throw new Error('The answer ended in the middle of a line.');
      return;
    }
  } finally {
    // Whoever stops early wants no more of it; a stream that has ended or failed takes this too.
    await reader.cancel().catch(() => undefined);
  }
}
