import type { ByteReader } from './byte-reader.js';
import { malformed } from './content-error.js';
import type { Inspector } from './findings.js';
import { refuseTrailer } from './trailer.js';

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const GRAPHIC_CONTROL = 0xf9;
const APPLICATION = 0xff;
// How often an animation runs; all other applications write about the author.
const KEPT_APPLICATIONS = new Set(['NETSCAPE2.0', 'ANIMEXTS1.0']);

/** Drops comments and other texts from a GIF, and refuses what follows its end. */
export const inspectGif: Inspector = async function* (reader, findings) {
  const header = await reader.take(13);
  findings.setSize(header.readUInt16LE(6), header.readUInt16LE(8));
  yield header;
  yield* reader.takeMany(colourTable(header[10]));
  for (;;) {
    const introducer = await reader.take(1);
    if (introducer[0] === TRAILER) {
      yield introducer;
      return refuseTrailer(reader);
    }
    if (introducer[0] === IMAGE) {
      const descriptor = await reader.take(9);
      yield introducer;
      yield descriptor;
      // The table of colours, and one byte that says how the pixels are packed.
      yield* reader.takeMany(colourTable(descriptor[8]) + 1);
      yield* blocks(reader, true);
      continue;
    }
    if (introducer[0] !== EXTENSION) throw malformed('it has a block that is none');
    const label = await reader.take(1);
    const isKept = label[0] === GRAPHIC_CONTROL || (label[0] === APPLICATION && (await isKeptApplication(reader)));
    if (isKept) yield Buffer.concat([introducer, label]);
    yield* blocks(reader, isKept);
  }
};

function colourTable(flags = 0): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1);
}

async function isKeptApplication(reader: ByteReader): Promise<boolean> {
  return KEPT_APPLICATIONS.has((await reader.peek(12)).toString('latin1', 1));
}

async function* blocks(reader: ByteReader, isKept: boolean): AsyncGenerator<Buffer> {
  for (;;) {
    const size = await reader.take(1);
    if (isKept) yield size;
    const length = size[0] ?? 0;
    if (length === 0) return;
    const block = await reader.take(length);
    if (isKept) yield block;
  }
}
