import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isJsonObject, type JsonObject } from '#libs/common';

/** Writes a file that only this user can read; beside it and renamed, so that nobody reads half of it. */
export function writePrivate(file: string, content: object): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  renameSync(temporary, file);
}

/** Undefined where there is no such file, or nothing sensible in it. */
export function readPrivate(file: string): JsonObject | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isJsonObject(content) ? content : undefined;
  } catch {
    return undefined;
  }
}
