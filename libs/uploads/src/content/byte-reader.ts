import { malformed } from './content-error.js';

/** Reads a stream of chunks by counts of bytes; holds no more of it than was asked for, and one chunk. */
export class ByteReader {
  /** How many bytes were taken. */
  position = 0;
  private readonly source: AsyncIterator<Buffer>;
  private buffered: Buffer = Buffer.alloc(0);
  private ended = false;

  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** The next bytes without taking them; fewer than `length` only at the end. */
  async peek(length: number): Promise<Buffer> {
    if (this.buffered.length < length && !this.ended) await this.fill(length);
    return this.buffered.subarray(0, length);
  }

  /** @throws DomainError `upload_malformed` where the file ends before */
  async take(length: number): Promise<Buffer> {
    const bytes = await this.peek(length);
    if (bytes.length < length) throw malformed('it ends too early');
    this.drop(length);
    return bytes;
  }

  /** Whatever is there, at least one byte and at most `most`; undefined at the end. */
  async takeSome(most: number): Promise<Buffer | undefined> {
    const [first] = await this.peek(1);
    if (first === undefined) return undefined;
    const bytes = this.buffered.subarray(0, most);
    this.drop(bytes.length);
    return bytes;
  }

  /** @throws DomainError `upload_malformed` where the file ends before */
  async *takeMany(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0; ) {
      const bytes = await this.takeSome(left);
      if (!bytes) throw malformed('it ends too early');
      left -= bytes.length;
      yield bytes;
    }
  }

  async *rest(): AsyncGenerator<Buffer> {
    for (let bytes = await this.takeSome(Infinity); bytes; bytes = await this.takeSome(Infinity)) yield bytes;
  }

  async skip(length: number): Promise<void> {
    for await (const _bytes of this.takeMany(length));
  }

  /** Puts back what was just taken, so that it is read again. */
  unread(bytes: Buffer): void {
    this.buffered = Buffer.concat([bytes, this.buffered]);
    this.position -= bytes.length;
  }

  async atEnd(): Promise<boolean> {
    return (await this.peek(1)).length === 0;
  }

  private drop(length: number): void {
    this.buffered = this.buffered.subarray(length);
    this.position += length;
  }

  private async fill(length: number): Promise<void> {
    const chunks = [this.buffered];
    for (let have = this.buffered.length; have < length; ) {
      const { done, value } = await this.source.next();
      if (done) {
        this.ended = true;
        break;
      }
      chunks.push(value);
      have += value.length;
    }
    const [only] = chunks.filter((chunk) => chunk.length > 0);
    const held = chunks.filter((chunk) => chunk.length > 0);
    this.buffered = held.length === 1 && only ? only : Buffer.concat(held);
  }
}
