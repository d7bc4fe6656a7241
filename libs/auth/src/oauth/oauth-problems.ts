import { DomainError, type ErrorKind } from '#libs/common';
import { defineProblems } from '#libs/http';

/** The problems of signing in with a provider. A browser on its way back is told them as `error=<code>`. */
const PROBLEMS = defineProblems({
  sign_in_expired: {
    status: 400,
    title: 'This sign-in is over',
    cause:
      'The browser came back from the provider with a `state` that is unknown, was used before, is older than ten ' +
      'minutes, belongs to another provider, or was begun in another browser.',
    remedy: 'Begin again at the sign-in page, and allow its cookie.',
  },
  redirect_not_allowed: {
    status: 400,
    title: 'Not a place to return to',
    cause: 'The `return_to` is not, letter by letter, one of the addresses in `IMBI_OAUTH_REDIRECTS`.',
    remedy: 'Ask for one of the allowed addresses, or have the operator add this one.',
  },
  provider_refused: {
    status: 401,
    title: 'The provider said no',
    cause: 'The provider did not let the user in, or the user did not agree to share name and address.',
    remedy: 'Try again, and agree; else ask who runs the provider.',
  },
  provider_answer_invalid: {
    status: 401,
    title: 'The provider’s answer proves nothing',
    cause:
      'Its answer is not one to this sign-in: signature, issuer, audience, nonce or time of the ID token are wrong, or ' +
      'the answer is from another provider.',
    remedy:
      'Begin again. Where it stays, an administrator should compare issuer, client id and secret with the provider’s.',
  },
  provider_unavailable: {
    status: 503,
    title: 'The provider cannot be reached',
    cause: 'The provider did not answer in time, or not in the words of its protocol.',
    remedy: 'Try again later, or sign in another way.',
  },
  provider_target_refused: {
    status: 503,
    title: 'An address the server does not call',
    cause:
      'The provider, or an endpoint that it names, is not at a public HTTPS address. The server calls nothing inside its ' +
      'own network, unless `IMBI_OAUTH_PRIVATE_TARGETS` names it.',
    remedy: 'Correct the issuer, or have the operator allow the address.',
  },
  provider_domain_not_allowed: {
    status: 403,
    title: 'Not from an allowed domain',
    cause: 'The account at the provider does not verifiably belong to one of the domains that the provider is for.',
    remedy: 'Sign in with the account of the organization.',
  },
  provider_email_not_verified: {
    status: 403,
    title: 'Unverified e-mail address',
    cause: 'The provider does not state that the e-mail address is verified, and without that no account is made here.',
    remedy: 'Verify the address at the provider, then sign in again.',
  },
  no_linked_account: {
    status: 403,
    title: 'Nobody here has this account',
    cause: 'The account at the provider is not linked to a user, and none is made for it.',
    remedy: 'Sign in another way and link the account, or ask an administrator for a user.',
  },
  account_link_required: {
    status: 409,
    title: 'Link the account first',
    cause: 'A user with this e-mail address exists, and the same address alone does not prove to be the same person.',
    remedy: 'Sign in the way you did so far, and link the account at the provider under your identities.',
  },
  account_inactive: {
    status: 403,
    title: 'The user is switched off',
    cause: 'The account at the provider belongs to a user who may not sign in.',
    remedy: 'Ask an administrator.',
  },
  identity_taken: {
    status: 409,
    title: 'Linked to another user',
    cause: 'The account at the provider already signs in another user.',
    remedy: 'Unlink it there first, or choose another account at the provider.',
  },
  invalid_sign_in_code: {
    status: 401,
    title: 'Sign-in code refused',
    cause: 'The code is unknown, was used before, is over its time, or was handed to another browser.',
    remedy: 'Begin again at the sign-in page.',
  },
  last_sign_in_method: {
    status: 409,
    title: 'The last way in',
    cause: 'Without this identity, the user could not sign in any more.',
    remedy: 'Set a password or link another account first.',
  },
  fresh_sign_in_required: {
    status: 403,
    title: 'Sign in again first',
    cause:
      'Ways to sign in are changed only in the first fifteen minutes of a session, so that none is added to a found one.',
    remedy: 'Sign out, sign in, and do it again.',
  },
  local_login_disabled: {
    status: 403,
    title: 'No sign-in with a password',
    cause: 'An administrator has switched sign-in with e-mail and password off.',
    remedy: 'Sign in with one of the providers that `/api/auth/providers` lists.',
  },
  local_auth_needed: {
    status: 409,
    title: 'Somebody must still get in',
    cause:
      'With sign-in by password off, an active administrator must have signed in with an enabled provider; the call would ' +
      'leave none.',
    remedy: 'Sign in with a provider as an administrator first, or switch sign-in by password on.',
  },
});

type ProblemCode = keyof typeof PROBLEMS;

const KINDS: Readonly<Partial<Record<number, ErrorKind>>> = {
  400: 'malformed',
  401: 'unauthenticated',
  403: 'forbidden',
  409: 'conflict',
  503: 'unavailable',
};

/** An error whose status and words are those of the problem above. */
export function oauthProblem(code: ProblemCode, cause?: unknown): DomainError {
  const { status, title } = PROBLEMS[code];
  return new DomainError(code, KINDS[status] ?? 'forbidden', `${title}.`, {
    cause,
    ...(status === 503 ? { retryAfterSeconds: 30 } : {}),
  });
}
