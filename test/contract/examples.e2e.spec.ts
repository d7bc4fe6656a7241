import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { product } from '#test/product';
import { type Media, type Operation, operations } from './contract.js';
import { schemaFaults } from './contract-schemas.js';

const KINDS = ['Team', 'ProjectType', 'Environment', 'LinkDefinition', 'Tag'];

/** The first day of an installation: each operation is sent with the example that the contract gives it. */
const FIRST_DAY = [
  ...[
    'getStatus',
    'getReadiness',
    'getJsonWebKeySet',
    'getAuthorizationServer',
    'getMe',
    'setMyAvatar',
    'listMySessions',
  ],
  ...['createOrganization', 'getOrganization', 'listOrganizations', 'replaceOrganization', 'updateOrganization'],
  ...['createUpload', 'getUpload', 'getUploadMeta', 'listUploads', 'deleteUpload'],
  ...['listPermissions', 'createRole', 'getRole', 'listRoles', 'updateRole', 'deleteRole'],
  ...['createBlueprint', 'getBlueprint', 'listBlueprints', 'previewBlueprint', 'replaceBlueprint', 'updateBlueprint'],
  ...['getProjectSchema', 'getAttributeSchema', 'deleteBlueprint', 'createOrganizationBlueprint'],
  ...['getOrganizationBlueprint', 'listOrganizationBlueprints', 'previewOrganizationBlueprint'],
  ...['replaceOrganizationBlueprint', 'updateOrganizationBlueprint', 'deleteOrganizationBlueprint'],
  ...['createUser', 'getUser', 'listUsers', 'updateUser', 'setUserPassword', 'unlockUser', 'resetUserMfa'],
  'getMyMfa',
  ...['listUserSessions', 'giveUserRole', 'listUserRoles', 'takeUserRole'],
  ...['createGroup', 'getGroup', 'listGroups', 'updateGroup', 'addUserToGroup', 'listGroupMembers'],
  ...['explainPermission', 'listPermissionHolders', 'listHeldPermissions', 'simulateAccess'],
  ...['giveGroupRole', 'listGroupRoles', 'takeGroupRole', 'removeUserFromGroup'],
  ...['createServiceAccount', 'getServiceAccount', 'listServiceAccounts', 'updateServiceAccount'],
  ...['giveServiceAccountRole', 'listServiceAccountRoles', 'addServiceAccountToGroup', 'removeServiceAccountFromGroup'],
  ...['createServiceAccountApiKey', 'getServiceAccountApiKey', 'listServiceAccountApiKeys'],
  ...['updateServiceAccountApiKey', 'rotateServiceAccountApiKey', 'revokeServiceAccountApiKey'],
  ...['createServiceAccountClient', 'getServiceAccountClient', 'listServiceAccountClients'],
  ...['updateServiceAccountClient', 'rotateServiceAccountClient', 'revokeServiceAccountClient'],
  ...['takeServiceAccountRole', 'deleteServiceAccount', 'deleteGroup'],
  ...['createMyApiKey', 'getMyApiKey', 'listMyApiKeys', 'updateMyApiKey', 'rotateMyApiKey', 'revokeMyApiKey'],
  'listUserApiKeys',
  'deleteUser',
  ...['createOAuthProvider', 'getOAuthProvider', 'listOAuthProviders', 'updateOAuthProvider', 'listSignInProviders'],
  ...['deleteOAuthProvider', 'getLocalAuth', 'setLocalAuth', 'listMyIdentities'],
  ...KINDS.flatMap((kind) => [`create${kind}`, `get${kind}`, `list${kind}s`, `replace${kind}`, `update${kind}`]),
  ...['', 'Organization'].flatMap((owner) => [
    ...['create', 'get', 'replace', 'update'].map((verb) => `${verb}${owner}ScoringPolicy`),
    ...['list', 'simulate'].map((verb) => `${verb}${owner}ScoringPolicies`),
  ]),
  ...['startRescore', 'getRescore'],
  ...['createProject', 'getProject', 'findProjectBySlug', 'replaceProject', 'updateProject', 'listProjects'],
  'countProjects',
  ...['getProjectScore', 'listProjectScores', 'getProjectScoreTrend', 'getProjectScorePath'],
  ...['getScoreRollup', 'getScoreDistribution', 'getOrganizationScoreRollup', 'getOrganizationScoreDistribution'],
  ...['putProjectGrant', 'listProjectGrants', 'putTeamGrant', 'listTeamGrants', 'listMyGrants'],
  ...['deleteProjectGrant', 'deleteTeamGrant'],
  ...['archiveProject', 'unarchiveProject', 'writeProjects'],
  ...['putProjectEnvironment', 'updateProjectEnvironment', 'deleteProjectEnvironment'],
  ...['putProjectDependency', 'listProjectDependencies', 'listProjectDependents', 'getProjectImpact'],
  ...[
    'deleteProjectDependency',
    'listProjectHistory',
    'listChanges',
    'getDynamicOpenApi',
    'queryGraph',
    'listDeadLetters',
    'replayAllDeadLetters',
  ],
  ...['previewEmail', 'listFailedEmails', 'retryAllFailedEmails', 'forgotPassword', 'resendVerification'],
  ...['openQueueBoard', 'listAuditEvents', 'listOrganizationAuditEvents'],
  'deleteProject',
  ...['deleteOrganizationScoringPolicy', 'deleteScoringPolicy'],
  ...KINDS.map((kind) => `delete${kind}`),
  'deleteOrganization',
];

/** What no example can stand for: the caller's own secrets, keys that only their owners can make, groups in groups, jobs that failed, and streams. */
const OWN_STORIES = [
  ...['login', 'refresh', 'logout', 'endMySession', 'endUserSession', 'changeMyPassword'],
  ...['setupMyMfa', 'verifyMyMfa', 'renewMyBackupCodes', 'disableMyMfa'],
  // It takes an image, and a moment.
  'getUploadThumbnail',
  ...['addGroupToGroup', 'removeGroupFromGroup', 'getOrganizationDeletion'],
  ...['getBlueprintPurge', 'getOrganizationBlueprintPurge'],
  ...['replayDeadLetter', 'deleteDeadLetter', 'retryFailedEmail', 'deleteFailedEmail'],
  ...['resetPassword', 'verifyEmail', 'acceptInvitation', 'inviteUser'],
  ...['getUserApiKey', 'updateUserApiKey', 'revokeUserApiKey', 'cancelRescore'],
  ...['issueClientToken', 'revokeClientToken', 'introspectToken'],
  ...['exportAuditEvents', 'exportOrganizationAuditEvents'],
  ...['startProviderSignIn', 'finishProviderSignIn', 'exchangeSignInCode', 'linkMyIdentity', 'unlinkMyIdentity'],
];

const FORM = 'multipart/form-data';
const organization = `first-day-${randomBytes(4).toString('hex')}`;
const parameters: Record<string, string> = { org: organization };
let token = '';

async function send(operation: Operation, body?: { type: string; value: unknown }): Promise<Response> {
  const parameter = (name: string) => parameters[name] ?? exampleOf(operation, name);
  const address = new URL(
    operation.path.replace(/\{(\w+)\}/g, (_all, name) => parameter(name)),
    product().url,
  );
  for (const one of operation.parameters) {
    if (one.name && one.in === 'query' && one.required) address.searchParams.set(one.name, parameter(one.name));
  }
  return fetch(address, {
    method: operation.method.toUpperCase(),
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body && body.type !== FORM ? { 'content-type': body.type } : {}),
    },
    body: body && (body.type === FORM ? formOf(body.value) : JSON.stringify(body.value)),
  });
}

/** A form with a file of each name that the example has. */
function formOf(example: unknown): FormData {
  const form = new FormData();
  if (!isObject(example)) throw new Error('The example of a form is an object');
  for (const [field, name] of Object.entries(example)) {
    form.append(field, new Blob([`This is ${name}.`], { type: 'text/plain' }), String(name));
  }
  return form;
}

function exampleOf(operation: Operation, name: string): string {
  const found = operation.parameters.find((one) => one.name === name);
  const example = found?.example ?? found?.schema?.example;
  if (example === undefined) throw new Error(`${operation.operationId} has no example of ${name}`);
  return example;
}

function requestOf({ operationId, requestBody }: Operation): { type: string; value: unknown } | undefined {
  const [entry] = Object.entries(requestBody?.content ?? {});
  if (!entry) return undefined;
  const [type, media] = entry;
  const value = media.example ?? media.schema['example'];
  // The product is shared with other specs, and only one of them can have the organization of the examples.
  return { type, value: operationId.endsWith('eOrganization') && isObject(value) ? inOwnOrganization(value) : value };
}

function inOwnOrganization(value: object): object {
  return 'slug' in value ? { ...value, slug: organization } : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function operationNamed(name: string): Operation {
  const operation = operations.find(({ operationId }) => operationId === name);
  if (!operation) throw new Error(`There is no operation ${name}`);
  return operation;
}

function remember(name: string, answer: unknown): void {
  if (!isObject(answer)) return;
  const withId = [
    'createProject',
    'createUser',
    'createBlueprint',
    'createOrganizationBlueprint',
    'createUpload',
    'startRescore',
  ];
  if (withId.includes(name)) parameters['id'] = String(answer['id']);
  if ('client_id' in answer) parameters['client'] = String(answer['client_id']);
  if ('key_id' in answer) parameters['key'] = String(answer['key_id']);
  if (name === 'getMe') parameters['principal'] = `user:${String(answer['id'])}`;
  if (name === 'writeProjects' && Array.isArray(answer['items'])) parameters['dependency'] = answer['items'][0].id;
}

function checkAnswer(name: string, media: Media, text: string): void {
  const answer: unknown = JSON.parse(text);
  // An answer holds nothing that the contract keeps quiet about.
  expect(schemaFaults({ ...media.schema, unevaluatedProperties: false }, answer)).toEqual([]);
  remember(name, answer);
}

async function tidy(name: string): Promise<void> {
  if (name !== 'deleteProject') return;
  const listed = await send(operationNamed('listProjects'));
  const page: { items: { id: string }[] } = await listed.json();
  for (const { id } of page.items) {
    parameters['id'] = id;
    await send(operationNamed('deleteProject'));
  }
}

describe('the examples of the contract', () => {
  it('leave no operation out', () => {
    const told = [...FIRST_DAY, ...OWN_STORIES].sort();
    expect(told).toEqual(operations.map(({ operationId }) => operationId).sort());
  });

  it('begin with signing in', async () => {
    const login = operationNamed('login');
    const response = await send(login, { type: 'application/json', value: product().admin });
    expect(response.status).toBe(200);
    const answer: { access_token: string } = await response.json();
    token = answer.access_token;
    const [media] = Object.values(login.responses['200']?.content ?? {});
    expect(schemaFaults(media?.schema ?? {}, answer)).toEqual([]);
  });

  // In this order: each example builds on those before it.
  it.each(FIRST_DAY)('work as they stand, and are answered as the contract says: %s', async (name) => {
    const operation = operationNamed(name);
    const response = await send(operation, requestOf(operation));
    const text = await response.text();
    const outcome = response.ok ? 'done' : `${response.status} ${text}`;
    expect(outcome).toBe('done');
    const documented = operation.responses[String(response.status)];
    expect(Object.keys(operation.responses)).toContain(String(response.status));
    const [type, media] = Object.entries(documented?.content ?? {})[0] ?? [];
    if (!media) expect(text).toBe('');
    else if (type === '*/*') expect(text).toBe('This is hello.txt.');
    else checkAnswer(name, media, text);
    await tidy(name);
  });
});
