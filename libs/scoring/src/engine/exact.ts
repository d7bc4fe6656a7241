/** Decimal places that scores and weights have at most. */
export const DECIMALS = 4;
const UNIT = 10 ** DECIMALS;

/**
 * A decimal as a whole number of ten-thousandths. Sums and products of such numbers are exact, so that neither the order
 * of policies nor their number can move a score. `value` has at most {@link DECIMALS} decimals, which is checked where
 * policies are written.
 */
export function toUnits(value: number): bigint {
  return BigInt(Math.round(value * UNIT));
}

/** The double nearest to a number of units: it prints as the decimal it stands for. */
export function fromUnits(units: bigint): number {
  return Number(units) / UNIT;
}

/** `numerator / denominator`, of numbers that are not negative, to the nearest whole; halves go up. */
export function divideRounded(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator);
}
