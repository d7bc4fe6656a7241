import { DomainError, isDomainError, jsonPointer } from '#libs/common';

/** Runs a write that sets a slug; where another has it already, the conflict says so in the client's words. */
export async function namingSlug<Result>(noun: string, slug: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (!isDomainError(error) || error.code !== 'already_exists') throw error;
    throw slugTaken(noun, slug, error);
  }
}

export function slugTaken(noun: string, slug: string, cause?: unknown): DomainError {
  const message = `Another ${noun.replaceAll('_', ' ')} has the slug "${slug}" already.`;
  return new DomainError('already_exists', 'conflict', message, {
    errors: [{ pointer: jsonPointer('slug'), code: 'taken', message }],
    cause,
  });
}
