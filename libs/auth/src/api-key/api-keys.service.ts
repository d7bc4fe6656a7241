import { Injectable } from '@nestjs/common';
import { DomainError, type JsonObject, notFound } from '#libs/common';
import { Graph, type GraphReader, type GraphTransaction, ref, type VertexOf, type VertexRef } from '#libs/graph';
import {
  applyPatch,
  assertExpected,
  type Expectation,
  type ListDefinition,
  type Page,
  type PageQueryDto,
  Pages,
  type PatchDocument,
  toCursorPosition,
  toDocument,
  toGraphFilter,
  toGraphOrder,
  toKeysetPosition,
  validateDocument,
  writableDocument,
} from '#libs/http';
import { recordAudit } from '../audit/audit.js';
import { CredentialRules } from '../credential/credential-rules.service.js';
import { ApiKey, HasKey } from '../model/credential.vertex.js';
import { User } from '../model/identity.vertex.js';
import { ActorPowers } from '../permission/actor-powers.js';
import {
  type ApiKeyCreateDto,
  type ApiKeyResponseDto,
  type ApiKeyRotateDto,
  type ApiKeySecretDto,
  ApiKeyWriteDto,
} from './api-key.dto.js';
import { ApiKeyCodec } from './api-key-codec.js';

type ApiKeyVertex = VertexOf<typeof ApiKey>;

/** Finds whose keys they are, and locks the owner where something changes; whether the caller may is its to say. */
export type FindOwner<Reader extends GraphReader> = (reader: Reader) => Promise<VertexRef>;

export const API_KEY_LIST: ListDefinition = {
  sortable: ['created_at'],
  defaultSort: '-created_at',
  filterable: {
    name: { type: 'text' },
    expires_at: { type: 'datetime' },
    last_used_at: { type: 'datetime' },
    revoked_at: { type: 'datetime' },
  },
};

// Fields of the answer that no patch may touch.
const SERVER_OWNED = ['key_id', 'last_used_at', 'overlap_until', 'revoked_at'];

/** The API keys of users and service accounts. A key once made is the owner's; its secret is seen once, by who made it. */
@Injectable()
export class ApiKeys {
  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly codec: ApiKeyCodec,
    private readonly rules: CredentialRules,
    private readonly powers: ActorPowers,
  ) {}

  async list(findOwner: FindOwner<GraphReader>, query: PageQueryDto): Promise<Page<ApiKeyResponseDto>> {
    const { id } = await findOwner(this.graph.read);
    const request = this.pages.read(`api keys of ${id}`, query, API_KEY_LIST);
    const where = { owner_id: id, ...toGraphFilter(request.filters) };
    const { items } = await this.graph.read.list(ApiKey, {
      where,
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    const total = request.count ? await this.graph.read.count(ApiKey, where) : undefined;
    return this.pages.answer(request, items, {
      item: toApiKeyResponse,
      position: ({ id: keyId, created_at }) => toCursorPosition(request.sort, { id: keyId, created_at }),
      total,
    });
  }

  async get(findOwner: FindOwner<GraphReader>, keyId: string): Promise<ApiKeyResponseDto> {
    return toApiKeyResponse(await find(this.graph.read, await findOwner(this.graph.read), keyId));
  }

  /** @throws DomainError `validation_failed`, `beyond_own_powers`, and what {@link CredentialRules.prove} throws */
  async create(findOwner: FindOwner<GraphTransaction>, write: ApiKeyCreateDto): Promise<ApiKeySecretDto> {
    const { name, scopes, password, mfa_code: mfaCode, requests_per_minute = null } = write;
    const proof = await this.rules.prove({ password, mfaCode });
    if (requests_per_minute !== null) this.powers.assertAdmin();
    const expires_at = this.rules.keyExpiry(write.expires_at);
    const { key, keyId, mac } = this.codec.make();
    return this.graph.transaction(async (tx) => {
      const owner = await findOwner(tx);
      await this.rules.spend(tx, proof);
      await this.rules.assertScopes(tx, owner.id, scopes);
      const properties = { key_id: keyId, name, owner_id: owner.id, scopes, expires_at, requests_per_minute };
      const made = await tx.insert(ApiKey, { ...properties, secret_mac: mac });
      await tx.connect(HasKey, ref(ApiKey, made.id), owner);
      audit(tx, 'api_key.create', owner, made, { scopes, expires_at });
      if (owner.definition === User) tx.emit('api_key.created', { user_id: owner.id, name, key_id: keyId });
      return { ...toApiKeyResponse(made), key };
    });
  }

  async patch(
    findOwner: FindOwner<GraphTransaction>,
    keyId: string,
    patch: PatchDocument,
    expected: Expectation,
  ): Promise<ApiKeyResponseDto> {
    const mayWiden = await this.rules.mayWiden();
    return this.graph.transaction(async (tx) => {
      const owner = await findOwner(tx);
      const key = await lock(tx, owner, keyId, expected);
      const document = applyPatch(patch, toDocument(toApiKeyResponse(key)), { serverOwned: SERVER_OWNED });
      const write = await validateDocument(ApiKeyWriteDto, writableDocument(document, SERVER_OWNED));
      const { name, scopes, requests_per_minute = null } = write;
      if (requests_per_minute !== key.requests_per_minute) this.powers.assertAdmin();
      const isAsBefore = write.expires_at && Date.parse(write.expires_at) === Date.parse(key.expires_at ?? '');
      const expires_at = isAsBefore ? key.expires_at : this.rules.keyExpiry(write.expires_at);
      await this.rules.assertTerms(tx, owner.id, { scopes, expires_at }, key, mayWiden);
      const result = await tx.patch(ApiKey, key.id, { set: { name, scopes, expires_at, requests_per_minute } });
      if (!result) throw missing();
      if (result.changed) audit(tx, 'api_key.update', owner, key, { scopes, expires_at, requests_per_minute });
      return toApiKeyResponse(result.after);
    });
  }

  /** A new secret under the same id. @throws DomainError `key_revoked`, and as {@link create} */
  async rotate(
    findOwner: FindOwner<GraphTransaction>,
    keyId: string,
    { password, mfa_code: mfaCode, overlap_seconds = 0, expires_at: asked }: ApiKeyRotateDto,
    { isOwn = false, now = new Date() } = {},
  ): Promise<ApiKeySecretDto> {
    // A service account's key that renews itself gains nothing: it goes on as long, and for the same.
    const proof = isOwn ? undefined : await this.rules.prove({ password, mfaCode });
    return this.graph.transaction(async (tx) => {
      const owner = await findOwner(tx);
      await this.rules.spend(tx, proof);
      const before = await lock(tx, owner, keyId, {});
      if (before.revoked_at !== null) throw revoked();
      this.powers.assertWithinScopes(before.scopes);
      const { key, mac } = this.codec.make(before.key_id);
      const overlap_until = overlap_seconds > 0 ? new Date(now.getTime() + overlap_seconds * 1000).toISOString() : null;
      const isOver = before.expires_at !== null && Date.parse(before.expires_at) <= now.getTime();
      const expires_at = asked === undefined && !isOver ? before.expires_at : this.rules.keyExpiry(asked, now);
      const previous = overlap_until === null ? null : await tx.reveal(ApiKey, before.id, 'secret_mac');
      const result = await tx.patch(ApiKey, before.id, {
        set: { secret_mac: mac, previous_mac: previous ?? null, previous_until: overlap_until, expires_at },
      });
      if (!result) throw missing();
      audit(tx, 'api_key.rotate', owner, before, { overlap_until, expires_at });
      return { ...toApiKeyResponse(result.after), key };
    });
  }

  /** It is let in no more from the next request on; it stays in the list as revoked. Revoking twice is revoking once. */
  async revoke(findOwner: FindOwner<GraphTransaction>, keyId: string, now = new Date()): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const owner = await findOwner(tx);
      const key = await lock(tx, owner, keyId, {});
      if (key.revoked_at !== null) return;
      const set = { revoked_at: now.toISOString(), previous_mac: null, previous_until: null };
      await tx.patch(ApiKey, key.id, { set });
      audit(tx, 'api_key.revoke', owner, key, {});
    });
  }
}

async function find(reader: GraphReader, owner: VertexRef, keyId: string): Promise<ApiKeyVertex> {
  const key = await reader.find(ApiKey, { key_id: keyId });
  if (key?.owner_id !== owner.id) throw missing();
  return key;
}

async function lock(
  tx: GraphTransaction,
  owner: VertexRef,
  keyId: string,
  expected: Expectation,
): Promise<ApiKeyVertex> {
  const { id } = await find(tx, owner, keyId);
  const key = await tx.lock(ApiKey, id);
  if (!key) throw missing();
  assertExpected('API key', expected, key.version);
  return key;
}

function toApiKeyResponse(key: ApiKeyVertex): ApiKeyResponseDto {
  const { id, key_id, name, scopes, expires_at, requests_per_minute, last_used_at, revoked_at } = key;
  const { previous_until: overlap_until, created_at, updated_at, version } = key;
  return {
    id,
    key_id,
    name,
    scopes: [...scopes],
    expires_at,
    requests_per_minute,
    last_used_at,
    overlap_until,
    revoked_at,
    created_at,
    updated_at,
    version,
  };
}

function audit(
  tx: GraphTransaction,
  action: string,
  owner: VertexRef,
  { id, key_id, name }: ApiKeyVertex,
  detail: JsonObject,
): void {
  recordAudit(tx.transaction, {
    action,
    outcome: 'success',
    resourceKind: 'ApiKey',
    resourceId: id,
    detail: { key_id, name, owner_kind: owner.definition.label, owner_id: owner.id, ...detail },
  });
}

function missing(): DomainError {
  return notFound('The API key');
}

function revoked(): DomainError {
  return new DomainError('key_revoked', 'conflict', 'The API key was revoked; make a new one.');
}
