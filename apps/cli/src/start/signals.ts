const FORCE_AFTER_MILLISECONDS = 1000;

/**
 * Resolves at the first signal that asks to stop. A later one ends the process at once: nothing committed is lost by it,
 * and the engines end with their parent. One that follows at once is the same Ctrl-C, sent on by npm.
 */
export function untilSignal(): Promise<string> {
  let firstAt: number | undefined;
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (firstAt !== undefined && performance.now() - firstAt > FORCE_AFTER_MILLISECONDS) process.exit(1);
        if (firstAt !== undefined) return;
        firstAt = performance.now();
        process.stderr.write('\n› Stopping …\n');
        resolve(signal);
      });
    }
  });
}
