import type { JsonValue } from '#libs/common';
import { ID, stored, TIME, without } from './openapi-example-parts.js';

const serviceAccount = {
  slug: 'deploy-bot',
  name: 'Deploy bot',
  description: 'Tells what was deployed where.',
  is_active: true,
  is_admin: false,
};
const apiKey = { name: 'Nightly import', scopes: ['project:read'] };
const storedKey = {
  id: ID,
  key_id: '7KQ29FXM4D0RABCD',
  ...apiKey,
  expires_at: '2027-11-23T10:00:00.000Z',
  requests_per_minute: null,
  last_used_at: null,
  overlap_until: null,
  revoked_at: null,
  created_at: TIME,
  updated_at: TIME,
  version: 1,
};
const client = { name: 'Build server', scopes: ['project:read'], expires_at: null };
const storedClient = { ...storedKey, client_id: 'ic_7KQ29FXM4D0RABCD', ...client };
const CLIENT = { client_id: 'ic_7KQ29FXM4D0RABCD', client_secret: 'the secret that was shown once' };

/** The examples of service accounts, keys and clients: see `EXAMPLES`. */
export const CREDENTIAL_EXAMPLES: Readonly<Record<string, JsonValue>> = {
  ServiceAccountWriteDto: serviceAccount,
  ServiceAccountPatchDto: { description: 'Tells what was deployed where, and by whom.' },
  ServiceAccountResponseDto: without(stored(serviceAccount), 'icon'),
  ApiKeyCreateDto: apiKey,
  ApiKeyPatchDto: { name: 'Import' },
  ApiKeyRotateDto: { overlap_seconds: 3600 },
  ApiKeyResponseDto: storedKey,
  ApiKeySecretDto: { ...storedKey, key: 'ik_7KQ29FXM4D0RABCD_the-part-that-is-shown-this-once' },
  ClientCreateDto: client,
  ClientPatchDto: { name: 'Builder' },
  ClientRotateDto: { overlap_seconds: 3600 },
  ClientResponseDto: without(storedClient, 'key_id', 'requests_per_minute'),
  ClientSecretDto: {
    ...without(storedClient, 'key_id', 'requests_per_minute'),
    client_secret: 'is_the-part-that-is-shown-this-once',
  },
  TokenRequestDto: { grant_type: 'client_credentials', scope: 'project:read', ...CLIENT },
  TokenFormDto: { token: 'the access_token', token_type_hint: 'access_token', ...CLIENT },
  ClientTokenDto: {
    access_token: 'eyJhbGciOiJFUzI1NiIs…',
    token_type: 'Bearer',
    expires_in: 3600,
    scope: 'project:read',
  },
};
