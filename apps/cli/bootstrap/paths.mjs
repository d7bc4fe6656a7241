import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/** An absolute path below the repository's root. */
export function root(...parts) {
  return path.join(ROOT, ...parts);
}
