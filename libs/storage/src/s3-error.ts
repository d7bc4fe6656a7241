import { isDomainError } from '#libs/common';
import { objectNotFound, rangeNotSatisfiable, storageUnavailable } from './storage-error.js';

/** Runs a call to S3 and tells its failures in our words. */
export async function s3Call<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (isDomainError(error)) throw error;
    if (isStatus(error, 416)) throw rangeNotSatisfiable(sizeOf(error));
    // A missing bucket is also a 404, but not one of the caller's.
    if (isStatus(error, 404) && Object(error).name !== 'NoSuchBucket') throw objectNotFound();
    throw storageUnavailable(error);
  }
}

export function isStatus(error: unknown, status: number): boolean {
  return Object(Object(error).$metadata).httpStatusCode === status;
}

function sizeOf(error: unknown): number {
  return Number(Object(error).ActualObjectSize ?? 0);
}
