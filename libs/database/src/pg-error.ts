/** PostgreSQL's five-character code of an error, where it has one. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The unique index that a write ran into, or undefined for any other error. */
export function violatedUniqueIndex(error: unknown): string | undefined {
  if (sqlState(error) !== '23505' || typeof error !== 'object' || error === null) return undefined;
  return 'constraint' in error && typeof error.constraint === 'string' ? error.constraint : '';
}

const TRANSIENT = new Set(['40001', '40P01', '55P03']);

/** Whether running the same transaction again may succeed; AGE reports its write conflicts only by their text. */
export function isTransient(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined && TRANSIENT.has(state)) return true;
  return error instanceof Error && error.message.includes('Entity failed to be updated');
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  '57P01',
  '57P02',
  '25P03',
  '57P03',
]);

/** Whether the error says that the engine could not be reached, rather than that it refused the statement. */
export function isUnreachable(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined && (UNREACHABLE.has(state) || state.startsWith('08'))) return true;
  return error instanceof Error && /connection terminated|timeout exceeded when trying to connect/i.test(error.message);
}
