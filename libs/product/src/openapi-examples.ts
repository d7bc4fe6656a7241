import type { JsonValue } from '#libs/common';
import { ACCESS_EXAMPLES } from './access-examples.js';
import { BLUEPRINT_EXAMPLES } from './openapi-blueprint-examples.js';
import { CREDENTIAL_EXAMPLES } from './openapi-credential-examples.js';
import { extensible, ID, stored, TIME, without } from './openapi-example-parts.js';
import { UPLOAD_EXAMPLES } from './openapi-upload-examples.js';

const organization = { slug: 'acme', name: 'Acme', description: 'Makes everything.', require_mfa: false };
const team = { slug: 'platform', name: 'Platform', description: 'Runs the shared infrastructure.' };
const projectType = {
  slug: 'http-api',
  name: 'HTTP API',
  description: 'A service that others call over HTTP.',
  deployable: true,
  releasable: true,
};
const environment = {
  slug: 'production',
  name: 'Production',
  description: 'What customers use.',
  sort_order: 10,
  label_color: '#2E7D32',
  can_deploy: true,
  can_promote: false,
};
const linkDefinition = { slug: 'repository', name: 'Repository', url_template: 'https://git.example.org/acme/{slug}' };
const tag = { slug: 'go', name: 'Go' };
const project = {
  slug: 'api',
  name: 'API',
  description: 'Takes orders.',
  team: team.slug,
  project_types: [projectType.slug],
  environments: { production: { url: 'https://api.example.org' } },
  tags: [tag.slug],
  links: { repository: 'https://git.example.org/acme/api' },
  identifiers: { jira: 'API' },
};
const storedProject = extensible(project, {
  team: { slug: team.slug, name: team.name },
  project_types: [{ slug: projectType.slug, name: projectType.name }],
  environments: [{ slug: environment.slug, name: environment.name, properties: { url: 'https://api.example.org' } }],
  tags: [{ slug: tag.slug, name: tag.name }],
  archived_at: null,
  score: null,
});
const group = { slug: 'platform-engineers', name: 'Platform engineers', description: 'Whoever runs the platform.' };
const avatar = 'https://example.org/ada.png';
const user = { email: 'ada@example.org', display_name: 'Ada Lovelace', avatar, is_active: true, is_admin: false };
const role = {
  slug: 'release-manager',
  name: 'Release manager',
  description: 'Looks after what is released.',
  priority: 150,
  is_default: false,
  require_mfa: false,
  permissions: ['project:read', 'project:write'],
  inherits: ['viewer'],
};
const provider = {
  slug: 'company',
  type: 'oidc',
  name: 'Company account',
  enabled: true,
  client_id: 'imbi',
  issuer_url: 'https://id.example.org',
  allowed_domains: ['example.org'],
  icon: 'https://id.example.org/icon.svg',
};
const policy = {
  slug: 'described',
  name: 'Says what it is',
  description: 'People find what they look for.',
  category: 'attribute',
  attribute_name: 'description',
  measure: 'present',
  weight: 10,
  enabled: true,
  priority: 10,
  value_score_map: { true: 100, false: 0 },
  range_score_map: null,
  project_types: null,
};
const other = { id: 'kY3pQ9_vL2xWcT7rZ-s8D', slug: 'shop', name: 'Shop' };

/**
 * The examples of the document tell one story: sent in this order to a new installation, each of them works. An
 * end-to-end test sends them.
 */
const ACCOUNT_TOKEN = 'Zk3J9x4tokenOf256bitsFromTheLinkInTheMail7Qw';

export const EXAMPLES: Readonly<Record<string, JsonValue>> = {
  LoginDto: { email: 'admin@imbi.local', password: 'Correct-Horse-9-Battery', device_label: 'Work laptop' },
  RefreshDto: { refresh_token: 'the refresh_token of the last answer' },
  LogoutDto: { all_sessions: false },
  TokenExchangeDto: { code: 'the code that was added to the address', device_label: 'Work laptop' },
  SignInProviderDto: {
    slug: provider.slug,
    name: provider.name,
    type: provider.type,
    icon: provider.icon,
    start_url: '/api/auth/providers/company/start',
  },
  OAuthProviderWriteDto: { ...provider, client_secret: 'the secret that the provider gave out' },
  OAuthProviderPatchDto: { name: 'Example account', allowed_domains: ['example.org', 'example.com'] },
  OAuthProviderResponseDto: without(
    stored(provider, {
      has_secret: true,
      callback_url: 'https://imbi.example.org/api/auth/providers/company/callback',
    }),
    'description',
  ),
  IdentityLinkDto: { return_to: 'https://console.example.org/signed-in' },
  IdentityLinkAddressDto: { authorization_url: 'https://id.example.org/authorize?client_id=imbi&response_type=code' },
  IdentityResponseDto: {
    id: ID,
    provider: provider.slug,
    provider_name: provider.name,
    is_enabled: true,
    email: 'ada@example.org',
    last_signed_in_at: TIME,
    created_at: TIME,
  },
  LocalAuthDto: { enabled: true },

  RoleWriteDto: role,
  RolePatchDto: { permissions: ['project:read', 'project:write', 'tag:write'] },
  RoleResponseDto: without(stored(role, { is_system: false }), 'icon'),
  GroupWriteDto: group,
  GroupPatchDto: { description: 'Whoever may deploy.' },
  GroupResponseDto: without(stored(group), 'icon'),
  ...CREDENTIAL_EXAMPLES,
  ...ACCESS_EXAMPLES,
  UserCreateDto: { ...user, password: 'Analytical-Engine-1843' },
  UserWriteDto: user,
  UserPatchDto: { display_name: 'Ada King' },
  UserPasswordDto: { password: 'Difference-Engine-1822' },
  FreshProofDto: { password: 'Correct-Horse-9-Battery' },
  MfaVerifyDto: { code: '492039' },
  MfaStatusDto: { enabled: true, enabled_at: TIME, is_pending: false, backup_codes_left: 10 },
  BackupCodesDto: { backup_codes: ['0-7KQ2-9FXM-4D0R-ABCD', '1-M4ZC-0WQ8-HJ2P-T6NV'] },
  MfaSetupResponseDto: {
    secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    otpauth_uri: 'otpauth://totp/Imbi:ada%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Imbi',
    qr_png: 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==',
    backup_codes: ['0-7KQ2-9FXM-4D0R-ABCD', '1-M4ZC-0WQ8-HJ2P-T6NV'],
  },
  OwnAvatarDto: { avatar },
  OwnPasswordDto: { current_password: 'Correct-Horse-9-Battery', password: 'Better-Horse-10-Battery' },
  UserResponseDto: without(stored(user, { has_password: true, last_login_at: null }), 'description', 'icon'),

  ...UPLOAD_EXAMPLES,
  OrganizationWriteDto: organization,
  OrganizationPatchDto: { description: 'Makes everything, and ships it.' },
  OrganizationResponseDto: extensible(organization),
  OrganizationDeletionDto: {
    id: ID,
    organization_id: 'kY3pQ9_vL2xWcT7rZ-s8D',
    slug: organization.slug,
    state: 'running',
    done: 4200,
    total: 10_000,
    requested_at: TIME,
    started_at: TIME,
    finished_at: null,
  },
  TeamWriteDto: team,
  TeamPatchDto: { name: 'Platform team' },
  TeamResponseDto: extensible(team),
  ProjectTypeWriteDto: projectType,
  ProjectTypePatchDto: { description: 'Answers HTTP requests.' },
  ProjectTypeResponseDto: extensible(projectType),
  EnvironmentWriteDto: environment,
  EnvironmentPatchDto: { can_deploy: true, label_color: null },
  EnvironmentResponseDto: extensible(environment),
  LinkDefinitionWriteDto: linkDefinition,
  LinkDefinitionPatchDto: { url_template: 'https://git.example.org/{slug}' },
  LinkDefinitionResponseDto: without(stored(linkDefinition), 'description'),
  TagWriteDto: tag,
  TagPatchDto: { name: 'Go (Golang)' },
  TagResponseDto: without(stored(tag), 'description', 'icon'),

  ...BLUEPRINT_EXAMPLES,

  ProjectWriteDto: project,
  ProjectPatchDto: { description: 'Takes orders and payments.', identifiers: { jira: null, sentry: 'api' } },
  ProjectResponseDto: storedProject,
  ProjectBatchDto: {
    items: [
      { slug: 'shop', name: 'Shop', team: team.slug, project_types: [projectType.slug] },
      { slug: 'billing', name: 'Billing', team: team.slug, project_types: [projectType.slug], tags: [tag.slug] },
    ],
  },
  ProjectBatchResultDto: {
    created: 1,
    updated: 0,
    unchanged: 0,
    failed: 1,
    items: [
      { index: 0, status: 'created', id: other.id, slug: 'shop' },
      {
        index: 1,
        status: 'failed',
        slug: 'billing',
        code: 'already_exists',
        detail: 'Another Project already has this organization_id and slug.',
      },
    ],
  },
  ProjectFacetsDto: {
    total: 2,
    facets: [
      { field: 'team', values: [{ value: team.slug, name: team.name, count: 2 }], other: 0, missing: 0 },
      {
        field: 'project_type',
        values: [{ value: projectType.slug, name: projectType.name, count: 2 }],
        other: 0,
        missing: 0,
      },
    ],
  },
  DependencyResponseDto: { ...other, properties: {} },
  ImpactResponseDto: {
    projects: [{ ...other, depth: 1, path: [other.id], cyclic: false }],
    cyclic: false,
    truncated: false,
  },
  ScoringPolicyWriteDto: policy,
  ScoringPolicyPatchDto: { weight: 20 },
  ScoringPolicyResponseDto: without(stored(policy), 'icon'),
  ProjectScoreDto: {
    project_id: ID,
    score: 75,
    current: 75,
    unfloored_total: 75,
    flag: null,
    total_weight: 40,
    policies: [
      {
        slug: 'described',
        name: 'Says what it is',
        attribute_name: 'description',
        measure: 'present',
        applies: true,
        outcome: 'scored',
        value: 'Takes orders.',
        measured: true,
        matched: 'true',
        score: 100,
        weight: 30,
        contribution: 75,
      },
      {
        slug: 'documented',
        name: 'Has documentation',
        attribute_name: 'links.docs',
        measure: 'present',
        applies: true,
        outcome: 'scored',
        value: null,
        measured: false,
        matched: 'false',
        score: 0,
        weight: 10,
        contribution: 0,
      },
    ],
    missing: ['links.docs'],
  },
  ScorePathDto: {
    target: 90,
    current: 75,
    reachable: true,
    reached: 100,
    steps: [
      {
        attribute_name: 'links.docs',
        measure: 'present',
        value: null,
        wanted: ['true'],
        policies: ['documented'],
        gain: 25,
      },
    ],
  },
  ScoreHistoryItemDto: {
    time: TIME,
    score: 75,
    previous_score: 0,
    minimum: 75,
    maximum: 75,
    changes: 1,
    change_reason: 'project.updated',
  },
  ScoreTrendDto: { since: TIME, score: 75, previous: 50, delta: 25, direction: 'up', changes: 2 },
  RollupItemDto: {
    organization: 'acme',
    slug: team.slug,
    name: team.name,
    projects: 12,
    scored: 12,
    average: 81.25,
    minimum: 40,
    maximum: 100,
  },
  DistributionDto: {
    projects: 4,
    scored: 3,
    average: 81.6667,
    median: 90,
    buckets: [
      { low: 0, high: 50, projects: 0 },
      { low: 50, high: 100, projects: 3 },
    ],
  },
  SimulationDto: { policies: [{ ...policy, weight: 30 }], threshold: 80, limit: 10, buckets: 2 },
  SimulationResultDto: {
    projects: 3,
    changed: 1,
    average_before: 83.3333,
    average_after: 78.3333,
    dropping: 1,
    distribution: [
      { low: 0, high: 50, before: 0, after: 0 },
      { low: 50, high: 100, before: 3, after: 3 },
    ],
    items: [
      {
        id: ID,
        slug: 'api',
        organization_id: 'kY3pQ9_vL2xWcT7rZ-s8D',
        before: 90,
        after: 75,
        delta: -15,
        drops: true,
      },
    ],
    truncated: false,
  },
  // Everything: names would have to be those of the reader's own installation.
  RescoreDto: {},
  RescoreRunDto: {
    id: ID,
    state: 'running',
    reason: 'rescore',
    done: 4500,
    total: 10_000,
    changed: 120,
    requested_at: TIME,
    started_at: TIME,
    finished_at: null,
  },
  GraphQueryDto: {
    query: 'MATCH (p:Project)-[:OWNED_BY]->(t:Team) WHERE t.slug = $team RETURN p.name AS project LIMIT 10',
    parameters: { team: team.slug },
  },
  GraphQueryResultDto: { columns: ['project'], rows: [['API'], ['Shop']], truncated: false },
  ForgotPasswordDto: { email: 'grace@example.org' },
  ResendVerificationDto: { email: 'grace@example.org' },
  ResetPasswordDto: { token: ACCOUNT_TOKEN, password: 'Correct-Horse-9-Battery' },
  AcceptInvitationDto: { token: ACCOUNT_TOKEN, password: 'Correct-Horse-9-Battery' },
  VerifyEmailDto: { token: ACCOUNT_TOKEN },
  ReplayAllDto: { queue: 'events' },
};
