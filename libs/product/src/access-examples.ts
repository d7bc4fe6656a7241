import type { JsonValue } from '#libs/common';

const ID = 'V1StGXR8_Z5jdHi6B-myT';
const TIME = '2026-11-23T10:00:00.000Z';

const grant = { actions: ['read', 'write'], expires_at: '2099-12-31T23:59:59.000Z' };
const group = {
  kind: 'group',
  id: 'kY3pQ9_vL2xWcT7rZ-s8D',
  slug: 'platform-engineers',
  name: 'Platform engineers',
  reference: 'group:platform-engineers',
};

const resource = { kind: 'organization', id: ID, slug: 'acme', name: null, organization: 'acme' };
const role = { slug: 'viewer', name: 'Viewer' };
const held = { permission: 'project:read', organization: 'acme', resource: null };
const ada = { kind: 'user', id: ID, slug: null, name: 'Ada Lovelace', reference: `user:${ID}` };

/** The part of the examples that is about who may use what. */
export const ACCESS_EXAMPLES: Readonly<Record<string, JsonValue>> = {
  GrantWriteDto: grant,
  GrantResponseDto: { principal: group, ...grant, granted_by: ID, granted_at: TIME },
  MyGrantResponseDto: {
    resource: { kind: 'project', id: ID, slug: 'api', name: 'API', organization: 'acme' },
    ...grant,
    granted_to: group,
  },
  ExplanationDto: {
    allowed: true,
    principal: group,
    permission: 'project:read',
    resource,
    paths: [{ kind: 'role', groups: [], roles: [role], organization: 'acme', actions: [], expires_at: null }],
    missing: [],
  },
  PermissionHolderDto: { principal: ada, is_admin: false },
  HeldPermissionDto: held,
  AccessSimulationDto: { role: { role: 'viewer', permissions: ['project:read', 'team:read'], inherits: [] } },
  AccessSimulationResultDto: { added: [], removed: [{ principal: ada, ...held }], added_total: 0, removed_total: 1 },
};
