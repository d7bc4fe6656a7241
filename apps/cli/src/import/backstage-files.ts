import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { errorMessage } from '#libs/common';
import { UsageError } from '../report-failure.js';
import type { SourceFile } from './backstage.parser.js';
import type { ImportProblem } from './import-plan.js';

const NAMES = new Set(['catalog-info.yaml', 'catalog-info.yml']);
const SKIPPED = new Set(['node_modules', '.git']);
const MAX_BYTES = 10 * 1024 * 1024;

/**
 * The Backstage files at these paths, in a stable order: files as they are named, folders searched whole (links to
 * folders are not followed). What cannot be read becomes a problem; a path that is not there is a mistake of the call.
 */
export function readBackstageFiles(paths: readonly string[]): { files: SourceFile[]; problems: ImportProblem[] } {
  const names = new Set<string>();
  for (const given of paths) {
    const found = statSync(given, { throwIfNoEntry: false });
    if (!found) throw new UsageError(`There is no file or folder ${given}.`);
    for (const name of found.isDirectory() ? search(given) : [given]) names.add(path.normalize(name));
  }
  const files: SourceFile[] = [];
  const problems: ImportProblem[] = [];
  for (const name of names) {
    try {
      const { size } = statSync(name);
      if (size > MAX_BYTES) throw new Error(`it has ${size} bytes; more than ${MAX_BYTES} are not read`);
      files.push({ path: name, text: readFileSync(name, 'utf8') });
    } catch (error) {
      problems.push({ file: name, line: 1, reason: errorMessage(error) });
    }
  }
  return { files, problems };
}

function* search(folder: string): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((left, right) => (left.name < right.name ? -1 : 1));
  for (const entry of entries) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) yield* search(full);
    else if (NAMES.has(entry.name) && !entry.isDirectory()) yield full;
  }
}
