import { DomainError } from '#libs/common';
import { defineProblems } from '#libs/http';

/** The errors of RFC 6749, 7009 and 7662, under the names that those give them. */
defineProblems({
  invalid_client: {
    status: 401,
    title: 'Client refused',
    cause:
      'The client is unknown, its secret is wrong, it was revoked or has ended, or its service account is switched off. ' +
      'Which of these is not told.',
    remedy: 'Check client id and secret; make a new client, or rotate the secret.',
  },
  invalid_request: {
    status: 400,
    title: 'Not a request of OAuth 2.0',
    cause: 'A parameter is missing or was sent twice, or the client sent its secret in two ways at once.',
    remedy: 'Send a form (`application/x-www-form-urlencoded`), and the secret either by HTTP Basic or in the form.',
  },
  unsupported_grant_type: {
    status: 400,
    title: 'No such grant type',
    cause: 'Tokens are given for `client_credentials` only. People sign in at `POST /api/auth/login`.',
    remedy: 'Send `grant_type=client_credentials`.',
  },
  invalid_scope: {
    status: 400,
    title: 'Beyond the scopes of the client',
    cause: 'A scope that was asked for is not one of the client’s, or they are too many for one token.',
    remedy: 'Ask for fewer, or have the client’s scopes changed.',
  },
  unauthorized_client: {
    status: 400,
    title: 'Somebody else’s token',
    cause: 'The token was not given to the client that wants to revoke it.',
    remedy: 'Let the client do it that the token was given to, or revoke that client.',
  },
  unsupported_token_type: {
    status: 400,
    title: 'Not revoked here',
    cause: 'API keys are revoked where they are managed, not by OAuth clients.',
    remedy: 'Use `DELETE /api/me/api-keys/{key}` or that of the service account.',
  },
});

export function invalidClient(): DomainError {
  return new DomainError('invalid_client', 'unauthenticated', 'The client or its secret is not valid.');
}

export function invalidRequest(message: string): DomainError {
  return new DomainError('invalid_request', 'malformed', message);
}

export function unsupportedGrantType(): DomainError {
  return new DomainError('unsupported_grant_type', 'malformed', 'The grant type can only be client_credentials.');
}

export function invalidScope(message: string): DomainError {
  return new DomainError('invalid_scope', 'malformed', message);
}

export function unauthorizedClient(): DomainError {
  return new DomainError('unauthorized_client', 'malformed', 'The token was given to somebody else.');
}

export function unsupportedTokenType(): DomainError {
  return new DomainError('unsupported_token_type', 'malformed', 'API keys are not revoked here.');
}
