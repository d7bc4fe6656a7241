import { DomainError } from '#libs/common';
import { defineProblems } from '#libs/http';

defineProblems({
  invalid_account_token: {
    status: 422,
    title: 'The link does not work',
    cause: 'It was used before, has run out, was replaced by a newer one, or belongs to an address that was changed.',
    remedy: 'Ask for a new link.',
  },
  user_has_password: {
    status: 409,
    title: 'The user has a password already',
    cause: 'An invitation is for users who have never chosen a password.',
    remedy: 'Who forgot the password can ask for a new one at `POST /api/auth/forgot-password`.',
  },
});

export function invalidAccountToken(): DomainError {
  return new DomainError('invalid_account_token', 'invalid', 'The link does not work any more. Ask for a new one.');
}

export function userHasPassword(): DomainError {
  return new DomainError('user_has_password', 'conflict', 'The user has a password already.');
}
