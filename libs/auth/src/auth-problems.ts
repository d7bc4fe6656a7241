import { DomainError } from '#libs/common';
import { defineProblems } from '#libs/http';

/** The problems that only authentication answers with. */
defineProblems({
  invalid_credentials: {
    status: 401,
    title: 'Wrong e-mail or password',
    cause: 'No active account has this e-mail address and password. Which of the two is wrong is not told.',
    remedy: 'Check both, or ask an administrator whether the account is active.',
  },
  invalid_refresh_token: {
    status: 401,
    title: 'Refresh token refused',
    cause:
      'The refresh token is unknown, expired or was used before, or its session has ended. Using one twice ends the ' +
      'session, because one of the two users must have stolen it.',
    remedy: 'Sign in again. Keep only the newest refresh token, and let parallel calls share one refresh.',
  },
  foreign_origin: {
    status: 403,
    title: 'From another origin',
    cause:
      'The call would set or spend the cookie with the refresh token, and its `Origin` is neither that of the public URL ' +
      'nor one of `IMBI_CORS_ORIGINS`, or there is none.',
    remedy: 'Call from the server’s own pages, add the console’s origin to the setting, or send the token in the body.',
  },
  login_throttled: {
    status: 429,
    title: 'Too many failed sign-ins',
    cause: 'Sign-ins to this account failed too often; each further failure doubles the wait, up to a bound.',
    remedy: 'Wait for `Retry-After` seconds. Tries in the meantime are refused, and do not make the wait longer.',
  },
  interactive_session_required: {
    status: 403,
    title: 'Only for users who signed in',
    cause: 'The call came with an API key or a client’s token; what it asks for concerns a user in person.',
    remedy: 'Sign in as the user, and call with the access token of that session.',
  },
  beyond_own_powers: {
    status: 403,
    title: 'Beyond your own permissions',
    cause:
      'The call gives somebody a permission that the caller does not hold in that place, or changes an account that ' +
      'may do more than the caller. `details.permissions` names what is lacking; `*` stands for an administrator.',
    remedy: 'Let somebody do it who holds these permissions, or an administrator.',
  },
  last_admin: {
    status: 409,
    title: 'The last administrator',
    cause: 'The call would leave the installation without an active administrator.',
    remedy: 'Make another user an administrator first.',
  },
  role_cycle: {
    status: 409,
    title: 'Roles in a circle',
    cause: 'The role would, by way of the roles it inherits from, inherit from itself.',
    remedy: 'Leave out of `inherits` the role that closes the circle.',
  },
  group_cycle: {
    status: 409,
    title: 'Groups in a circle',
    cause: 'The group would, by way of the groups it is in, be in itself.',
    remedy: 'Take the outer group out of the inner one first.',
  },
  system_role: {
    status: 409,
    title: 'A role of the product',
    cause: 'The roles that come with the product keep their slugs and cannot be deleted.',
    remedy: 'Change what it grants, or make a role of your own.',
  },
  key_revoked: {
    status: 409,
    title: 'The key was revoked',
    cause: 'A key or client that was revoked gets no new secret.',
    remedy: 'Make a new one.',
  },
  password_hashing_busy: {
    status: 503,
    title: 'Too many sign-ins at once',
    cause: 'More passwords wait to be checked than the server lets wait (`IMBI_AUTH_HASH_QUEUE`).',
    remedy: 'Try again after `Retry-After` seconds.',
  },
});

export function unauthenticated(message = 'Sign in first.'): DomainError {
  return new DomainError('unauthenticated', 'unauthenticated', message);
}

export function invalidCredentials(): DomainError {
  return new DomainError('invalid_credentials', 'unauthenticated', 'The e-mail address or the password is wrong.');
}

export function invalidRefreshToken(): DomainError {
  return new DomainError('invalid_refresh_token', 'unauthenticated', 'The refresh token is not valid. Sign in again.');
}

export function loginThrottled(retryAfterSeconds: number): DomainError {
  return new DomainError('login_throttled', 'rate_limited', 'Too many failed sign-ins; wait before the next try.', {
    retryAfterSeconds,
  });
}
