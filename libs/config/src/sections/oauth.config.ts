import { section, setting } from '../setting.js';

export const oauthSection = section('oauth', 'Sign-in with providers', {
  redirects: setting.list({
    env: 'IMBI_OAUTH_REDIRECTS',
    default: [],
    description:
      'Addresses that a browser may be sent to after signing in with a provider, each exactly as it is asked for; the ' +
      'first one is taken where nothing is asked for. Empty means that nobody signs in with a provider.',
    example: 'https://console.example.org/signed-in',
  }),
  autoLinkByEmail: setting.boolean({
    env: 'IMBI_OAUTH_AUTO_LINK_BY_EMAIL',
    default: false,
    description:
      'Take an account at a provider for the user with the same e-mail address, where the provider says that the ' +
      'address is verified and its domain is among the allowed domains of the provider. Never for administrators.',
  }),
  autoCreateUsers: setting.boolean({
    env: 'IMBI_OAUTH_AUTO_CREATE_USERS',
    default: false,
    description:
      'Make a user of whoever comes from a provider with a verified e-mail address; without any role, unless there is a ' +
      'default organization.',
  }),
  defaultOrganization: setting.text({
    env: 'IMBI_OAUTH_DEFAULT_ORGANIZATION',
    optional: true,
    description: 'The slug of the organization in which users that are made in this way have the default role.',
    example: 'acme',
  }),
  privateTargets: setting.list({
    env: 'IMBI_OAUTH_PRIVATE_TARGETS',
    default: [],
    description:
      'Addresses, networks (CIDR) or host names of providers inside your own network. The server calls no loopback, ' +
      'link-local or private address but these, and only these without TLS.',
    example: '10.20.0.0/16,id.corp.example.org',
  }),
  secondFactorAcr: setting.list({
    env: 'IMBI_OAUTH_SECOND_FACTOR_ACR',
    default: [],
    description:
      'Values of the `acr` claim with which a provider says that it has asked for a second factor itself, so that it is ' +
      'not asked for again; `mfa` in `amr` says so too.',
    example: 'urn:example:acr:mfa',
  }),
  requestTimeout: setting.duration({
    env: 'IMBI_OAUTH_REQUEST_TIMEOUT',
    default: 10,
    min: 1,
    max: 60,
    description: 'How long a provider may take to answer one request of the server.',
    example: '10s',
  }),
});
