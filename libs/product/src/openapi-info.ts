import type { OpenApiInfo } from '#libs/http';

/** What the OpenAPI document says of the whole API. */
export const API_INFO: OpenApiInfo = {
  title: 'Imbi API',
  version: '1.0.0',
  description:
    'A catalogue of projects, held as a property graph. Sign in with `POST /api/auth/login`, press **Authorize** and ' +
    'paste the `access_token`; every example below then runs as it stands.',
  tags: {
    Authentication: 'Signing in, refreshing, signing out.',
    Me: 'The caller and the caller’s own sessions.',
    Organizations: 'The tenants: everything else belongs to one.',
    Teams: 'Who owns projects.',
    'Project types': 'What kinds of project there are.',
    Environments: 'Where projects are deployed.',
    'Link definitions': 'What kinds of link projects have.',
    Tags: 'Words that projects carry.',
    Projects: 'Services, libraries, sites and whatever else is looked after.',
    Dependencies: 'Which project needs which, and what fails with it.',
    Jobs: 'Background jobs that need a person.',
    Graph: 'The property graph itself.',
    Status: 'Whether the server lives and is ready.',
  },
};
