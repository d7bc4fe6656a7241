import type { Inspector } from './findings.js';
import { inspectAvif } from './inspect-avif.js';
import { inspectPdf, inspectText, inspectZip } from './inspect-document.js';
import { inspectGif } from './inspect-gif.js';
import { inspectJpeg } from './inspect-jpeg.js';
import { inspectPng } from './inspect-png.js';
import { inspectSvg } from './inspect-svg.js';
import { inspectWebp } from './inspect-webp.js';

/** A type of file that can be allowed. */
export interface FileType {
  /** Lower case, without dots; the first one is what a file without a good name gets. */
  readonly extensions: readonly [string, ...string[]];
  /** Other names that clients know the type by. */
  readonly aliases: readonly string[];
  /** What its first bytes may be taken for; empty where they are not told by a signature. */
  readonly signatures: readonly string[];
  readonly inspect: Inspector;
  /** Whether it has pixels to make a thumbnail of. */
  readonly isRaster: boolean;
  /** Whether a browser may show it, rather than save it. */
  readonly isShown: boolean;
  /** As it is served. */
  readonly served: string;
}

const image = (name: string, extensions: FileType['extensions'], inspect: Inspector, more: Partial<FileType> = {}) => ({
  extensions,
  aliases: [],
  signatures: [name],
  inspect,
  isRaster: true,
  isShown: true,
  served: name,
  ...more,
});

const text = (name: string, extensions: FileType['extensions'], more: Partial<FileType> = {}) => ({
  extensions,
  aliases: [],
  signatures: [],
  inspect: inspectText,
  isRaster: false,
  isShown: false,
  served: `${name}; charset=utf-8`,
  ...more,
});

/** Every type that this code can check; the setting says which of them are taken. */
const FILE_TYPES: ReadonlyMap<string, FileType> = new Map<string, FileType>([
  ['image/jpeg', image('image/jpeg', ['jpg', 'jpeg', 'jpe'], inspectJpeg, { aliases: ['image/jpg', 'image/pjpeg'] })],
  ['image/png', image('image/png', ['png'], inspectPng, { signatures: ['image/png', 'image/apng'] })],
  ['image/gif', image('image/gif', ['gif'], inspectGif)],
  ['image/webp', image('image/webp', ['webp'], inspectWebp)],
  ['image/avif', image('image/avif', ['avif'], inspectAvif)],
  ['image/svg+xml', { ...image('image/svg+xml', ['svg'], inspectSvg), signatures: [], isRaster: false }],
  [
    'application/pdf',
    { ...image('application/pdf', ['pdf'], inspectPdf, { aliases: ['application/x-pdf'] }), isRaster: false },
  ],
  ['text/plain', text('text/plain', ['txt', 'text', 'log'], { isShown: true })],
  ['text/markdown', text('text/markdown', ['md', 'markdown'], { aliases: ['text/x-markdown'] })],
  ['text/csv', text('text/csv', ['csv'])],
  [
    'application/zip',
    {
      ...text('application/zip', ['zip'], { aliases: ['application/x-zip-compressed', 'application/x-zip'] }),
      signatures: ['application/zip'],
      inspect: inspectZip,
      served: 'application/zip',
    },
  ],
]);

export const FILE_TYPE_NAMES: readonly string[] = [...FILE_TYPES.keys()];

export function fileType(name: string): FileType | undefined {
  return FILE_TYPES.get(name);
}

/** The type's own name, for any name that clients know it by. */
export function canonicalType(stated: string): string {
  for (const [name, { aliases }] of FILE_TYPES) if (name === stated || aliases.includes(stated)) return name;
  return stated;
}
