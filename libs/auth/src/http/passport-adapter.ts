/** What a passport strategy decided. */
export type StrategyOutcome =
  | { readonly kind: 'success'; readonly user: unknown; readonly info: unknown }
  | { readonly kind: 'fail'; readonly challenge: unknown; readonly status: number | undefined }
  | { readonly kind: 'redirect'; readonly url: string; readonly status: number }
  | { readonly kind: 'pass' };

/** As much of a passport strategy as it takes to run one. */
export interface RunnableStrategy {
  authenticate(request: object, options?: object): unknown;
}

/**
 * Runs a passport strategy without passport's middleware, which writes to Express' response: the outcome comes back as
 * a value, on any HTTP server. Each run has an instance of its own, so runs do not mix. Rejects with what the strategy
 * calls an error.
 */
export function runStrategy(strategy: RunnableStrategy, request: object, options?: object): Promise<StrategyOutcome> {
  return new Promise((resolve, reject) => {
    const run: RunnableStrategy = Object.create(strategy);
    Object.assign(run, {
      success: (user: unknown, info?: unknown) => resolve({ kind: 'success', user, info }),
      fail: (challenge: unknown, status?: number) =>
        resolve(
          typeof challenge === 'number'
            ? { kind: 'fail', challenge: undefined, status: challenge }
            : { kind: 'fail', challenge, status },
        ),
      redirect: (url: string, status = 302) => resolve({ kind: 'redirect', url, status }),
      pass: () => resolve({ kind: 'pass' }),
      error: reject,
    });
    // Called inside the executor, so what it throws rejects too.
    run.authenticate(request, options);
  });
}
