/** What one validation may cost: steps of the schema, and of patterns over texts. Some 100 ms on a slow machine. */
const UNITS = 1_000_000;
const TEXT_STEPS_PER_UNIT = 100;

/** A validation took more than any honest schema needs. */
export class ValidationTooExpensive extends Error {
  override readonly name = 'ValidationTooExpensive';
}

let left = UNITS;

/**
 * Runs one validation under a budget of its own. Validation is synchronous, so there is never more than one.
 * @throws ValidationTooExpensive
 */
export function withinBudget<Result>(validate: () => Result): Result {
  left = UNITS;
  try {
    return validate();
  } catch (error) {
    // Schemas that go through each other without end use up the stack before they use up the budget.
    if (error instanceof RangeError) throw new ValidationTooExpensive('The stack was used up.', { cause: error });
    throw error;
  }
}

export function spend(units: number): void {
  left -= units;
  if (left < 0) throw new ValidationTooExpensive('The budget was used up.');
}

/** The cost of running a program of so many instructions over a text. */
export function spendOnText(length: number, programSize: number): void {
  spend(1 + (length * programSize) / TEXT_STEPS_PER_UNIT);
}
