/** The media type in a `Content-Type` header, without its parameters. */
export function mediaTypeOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const end = header.indexOf(';');
  return (end === -1 ? header : header.slice(0, end)).trim().toLowerCase();
}

/** Whether an `Accept` header takes one of `types` (RFC 9110 §12.5.1: the most specific range decides). */
export function accepts(header: string, types: readonly string[]): boolean {
  // What it will be is only known when it is there.
  if (types.includes('*/*')) return true;
  const ranges = header.split(',').map((part) => {
    const [range = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    return { range, quality: quality === undefined ? 1 : Number(quality.slice(2)) };
  });
  return types.some((type) => {
    const candidates = [type, `${type.slice(0, type.indexOf('/'))}/*`, '*/*'];
    const match = candidates
      .map((candidate) => ranges.find(({ range }) => range === candidate))
      .find((range) => range !== undefined);
    return match !== undefined && match.quality !== 0;
  });
}
