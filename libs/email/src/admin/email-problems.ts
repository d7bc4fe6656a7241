import { DomainError } from '#libs/common';
import { defineProblems } from '#libs/http';

defineProblems({
  email_expired: {
    status: 409,
    title: 'The mail is of no use any more',
    cause: 'The link in the mail has run out, so that sending it would only mislead.',
    remedy: 'Delete the failed mail; have the link asked for again.',
  },
});

export function emailExpired(): DomainError {
  return new DomainError('email_expired', 'conflict', 'The link in this mail has run out.');
}
