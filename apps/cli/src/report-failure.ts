const PLAIN = new Set(['ConfigError', 'DataDirectoryInUseError', 'UsageError']);

/** A mistake in how a command was called or in what it was given. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Says what went wrong, with a stack only where it is not the user's to mend; returns the exit code. */
export function reportFailure(error: unknown): number {
  if (!(error instanceof Error)) {
    process.stderr.write(`\n${String(error)}\n`);
    return 1;
  }
  if (error.message === 'fetch failed') {
    process.stderr.write(`\nThe server cannot be reached (${connectionFault(error)}). \`imbi doctor\` tells more.\n`);
    return 1;
  }
  const plain = PLAIN.has(error.name) || 'problem' in error || error.constructor === Error;
  process.stderr.write(`\n${plain ? error.message : (error.stack ?? error.message)}\n`);
  let { cause } = error;
  while (cause instanceof Error) {
    process.stderr.write(`  because: ${cause.message}\n`);
    cause = cause.cause;
  }
  return 1;
}

function connectionFault({ cause }: Error): string {
  if (!(cause instanceof Error)) return 'no answer';
  return cause.message || ('code' in cause ? String(cause.code) : 'no answer');
}
