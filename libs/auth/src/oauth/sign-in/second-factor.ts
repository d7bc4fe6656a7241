/** What signing in with a provider asks of multi-factor authentication. */
export abstract class SecondFactor {
  /**
   * Passes for users who have no second factor and need none, and for whom `code` proves theirs.
   * @throws DomainError where a code is needed and missing, or wrong
   */
  abstract prove(userId: string, code: string | undefined): Promise<void>;
}
