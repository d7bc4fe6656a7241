const HEADER = Buffer.from('Exif\0\0', 'latin1');
const ORIENTATION_TAG = 0x0112;
const MAX_TAGS = 1000;

/** The orientation (1–8) that a block of EXIF states, with or without its `Exif` header; 1 where it states none. */
export function orientationOf(block: Buffer): number {
  const tiff = block.subarray(0, HEADER.length).equals(HEADER) ? block.subarray(HEADER.length) : block;
  const order = tiff.subarray(0, 2).toString('latin1');
  if (tiff.length < 14 || (order !== 'II' && order !== 'MM')) return 1;
  const u16 = (at: number) => (order === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const start = order === 'II' ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (start + 2 > tiff.length) return 1;
  const tags = Math.min(u16(start), MAX_TAGS);
  for (let tag = 0; tag < tags; tag += 1) {
    const at = start + 2 + tag * 12;
    if (at + 12 > tiff.length) return 1;
    if (u16(at) !== ORIENTATION_TAG) continue;
    const value = u16(at + 8);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** A TIFF block that says how the image is turned, and nothing of who took it, where and with what. */
export function orientationBlock(orientation: number): Buffer {
  const block = Buffer.from('4d4d002a0000000800010112000300000001000000000000'.padEnd(52, '0'), 'hex');
  block.writeUInt16BE(orientation, 18);
  return block;
}

/** The same as the payload of a JPEG segment. */
export function exifPayload(orientation: number): Buffer {
  return Buffer.concat([HEADER, orientationBlock(orientation)]);
}
