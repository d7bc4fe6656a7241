import { DomainError, invalid } from '#libs/common';
import { defineProblems } from '#libs/http';

defineProblems({
  mfa_required: {
    status: 401,
    title: 'A second factor is needed',
    cause: 'The password was right, and the account has a second factor.',
    remedy: 'Sign in once more with `mfa_code`: the six digits of the authenticator app, or a backup code.',
  },
  mfa_invalid: {
    status: 401,
    title: 'Second factor refused',
    cause: 'The code is wrong, is of another time, or was used before: each works once.',
    remedy: 'Wait for the app’s next code, and check that the clocks of both devices are right; or use a backup code.',
  },
  mfa_enrollment_required: {
    status: 403,
    title: 'A second factor must be set up first',
    cause:
      'The organization, or a role of the caller that counts there, asks for a second factor, and the call came with a ' +
      'session that was opened without one, or with an API key whose owner has none.',
    remedy:
      'Set one up with `POST /me/mfa` and `POST /me/mfa/verify`; where there is one already, sign in again with it.',
  },
  mfa_not_pending: {
    status: 409,
    title: 'No second factor waits for its code',
    cause: 'There is no secret that waits to be put in force, or a newer one was made meanwhile.',
    remedy: 'Begin with `POST /me/mfa`.',
  },
  mfa_off: {
    status: 409,
    title: 'No second factor',
    cause: 'The call concerns a second factor, and the caller has none.',
    remedy: 'Set one up with `POST /me/mfa`.',
  },
  fresh_proof_required: {
    status: 403,
    title: 'Prove once more who you are',
    cause:
      'What a stolen session must not do needs the password or a second factor again, unless one has just signed in.',
    remedy: 'Send `password` or `mfa_code` along; where the call takes neither, sign in again first.',
  },
  fresh_proof_wrong: {
    status: 403,
    title: 'The proof is wrong',
    cause: 'The password or the code is not that of the caller, or the code was used before.',
    remedy: 'Check it. Wrong ones count as failed sign-ins.',
  },
});

export function mfaEnrollmentRequired(): DomainError {
  return new DomainError(
    'mfa_enrollment_required',
    'forbidden',
    'A second factor is asked for here: set one up first.',
  );
}

export function freshProofRequired(): DomainError {
  return new DomainError('fresh_proof_required', 'forbidden', 'Prove once more who you are: password or mfa_code.');
}

export function mfaNotPending(): DomainError {
  return new DomainError('mfa_not_pending', 'conflict', 'No second factor waits for its code.');
}

export function mfaOff(): DomainError {
  return new DomainError('mfa_off', 'conflict', 'There is no second factor.');
}

export function mfaInvalidCode(): DomainError {
  return invalid([{ pointer: '/code', code: 'wrong_code', message: 'This is not a code of the new secret.' }]);
}
