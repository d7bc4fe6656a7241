import type { OpenApiInfo } from '#libs/http';
import { EXAMPLES } from './openapi-examples.js';
import { SCHEMA_COMMENTS } from './schema-comments.gen.js';

/** What the OpenAPI document says of the whole API. */
export const API_INFO: OpenApiInfo = {
  title: 'Imbi API',
  version: '1.0.0',
  description:
    'A catalogue of projects, held as a property graph. Sign in with `POST /api/auth/login`, press **Authorize** and ' +
    'paste the `access_token`. The examples tell one story and work on a new installation as they stand: create the ' +
    'organization `acme`, then a team, a project type, an environment, a link definition and a tag in it, then a ' +
    'project. Where an `id` is asked for, take it from the answer that created the thing.',
  tags: {
    Authentication: 'Signing in, refreshing, signing out.',
    Me: 'The caller and the caller’s own sessions.',
    'Sign-in providers': 'Whom users may sign in with, besides a password.',
    Users: 'Who may sign in, and which roles they hold.',
    Roles: 'What who holds them may do.',
    Groups: 'Users who hold the same roles.',
    'Service accounts': 'What programs call as: accounts with keys and clients, and nobody to sign in.',
    'API keys': 'Keys that users make for their own programs.',
    Organizations: 'The tenants: everything else belongs to one.',
    Teams: 'Who owns projects.',
    'Project types': 'What kinds of project there are.',
    Environments: 'Where projects are deployed.',
    'Link definitions': 'What kinds of link projects have.',
    Tags: 'Words that projects carry.',
    Projects: 'Services, libraries, sites and whatever else is looked after.',
    Dependencies: 'Which project needs which, and what fails with it.',
    Changes: 'What becomes of everything that the caller may read.',
    Scoring: 'What attributes of projects are worth, and what that makes of each project.',
    Audit: 'Who did, or was refused, what.',
    Mail: 'Mails that could not be delivered, and how mails look.',
    Jobs: 'Background jobs that need a person.',
    Graph: 'The property graph itself.',
    Status: 'Whether the server lives and is ready.',
  },
  parameters: {
    org: { description: 'The slug of the organization.', example: 'acme' },
    'teams/{slug}': { description: 'The slug of the team.', example: 'platform' },
    'project-types/{slug}': { description: 'The slug of the project type.', example: 'http-api' },
    'environments/{slug}': { description: 'The slug of the environment.', example: 'production' },
    'link-definitions/{slug}': { description: 'The slug of the link definition.', example: 'repository' },
    'tags/{slug}': { description: 'The slug of the tag.', example: 'go' },
    'by-slug/{slug}': { description: 'The slug that the project has, or had.', example: 'api' },
    'groups/{slug}': { description: 'The slug of the group.', example: 'platform-engineers' },
    'groups/{member}': { description: 'The slug of the group that is put in or taken out.', example: 'on-call' },
    'members/service-accounts/{account}': { description: 'The slug of the service account.', example: 'deploy-bot' },
    'service-accounts/{account}': { description: 'The slug of the service account.', example: 'deploy-bot' },
    'service-accounts/{slug}': { description: 'The slug of the service account.', example: 'deploy-bot' },
    'api-keys/{key}': { description: 'The `key_id` of the key, from the answer that made or listed it.' },
    'scoring-policies/{slug}': { description: 'The slug of the scoring policy.', example: 'described' },
    'rescores/{id}': { description: 'The id of the run, from the answer that accepted it.' },
    'roles/{role}': { description: 'The slug of the role.', example: 'viewer' },
    'roles/{slug}': { description: 'The slug of the role.', example: 'release-manager' },
    // Ids have no example: only one that exists would work, and no installation has the same ones.
    'projects/{id}': { description: 'The id of the project, from the answer that created or listed it.' },
    session: { description: 'The id of the session, from the list of sessions.' },
    'oauth-providers/{slug}': { description: 'The slug of the sign-in provider.', example: 'company' },
    'providers/{slug}': { description: 'The slug of the sign-in provider.', example: 'company' },
    'identities/{provider}': { description: 'The slug of the sign-in provider.', example: 'company' },
    'identities/{id}': { description: 'The id of the identity, from the list of the caller’s identities.' },
    'users/{id}': { description: 'The id of the user, from the answer that created or listed it.' },
    'organization-deletions/{id}': { description: 'The id of the deletion, from the answer that accepted it.' },
    'preview/{template}': { description: 'The kind of mail.', example: 'welcome' },
    'failed/{id}': { description: 'The id of the failed mail, from the list of failed mails.' },
    'dead-letters/{id}': { description: 'The id of the job, from the list of dead letters.' },
    environment: { description: 'The slug of the environment.', example: 'production' },
    dependency: { description: 'The id of the project that is depended on.' },
  },
  schemas: SCHEMA_COMMENTS,
  examples: EXAMPLES,
};
