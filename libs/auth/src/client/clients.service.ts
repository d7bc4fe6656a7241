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
import { Owners } from '../credential/owners.service.js';
import { ClientCredential, HasKey } from '../model/credential.vertex.js';
import { ActorPowers } from '../permission/actor-powers.js';
import {
  type ClientCreateDto,
  type ClientResponseDto,
  type ClientRotateDto,
  type ClientSecretDto,
  ClientWriteDto,
} from './client.dto.js';
import { ClientCodec } from './client-codec.js';

type ClientVertex = VertexOf<typeof ClientCredential>;

export const CLIENT_LIST: ListDefinition = {
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
const SERVER_OWNED = ['client_id', 'last_used_at', 'overlap_until', 'revoked_at'];

/** The OAuth 2.0 clients of service accounts, named by the account's slug. */
@Injectable()
export class Clients {
  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly codec: ClientCodec,
    private readonly owners: Owners,
    private readonly rules: CredentialRules,
    private readonly powers: ActorPowers,
  ) {}

  async list(slug: string, query: PageQueryDto): Promise<Page<ClientResponseDto>> {
    const { id: owner_id } = await this.owners.serviceAccount(this.graph.read, slug);
    const request = this.pages.read(`clients of ${owner_id}`, query, CLIENT_LIST);
    const where = { owner_id, ...toGraphFilter(request.filters) };
    const { items } = await this.graph.read.list(ClientCredential, {
      where,
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    const total = request.count ? await this.graph.read.count(ClientCredential, where) : undefined;
    return this.pages.answer(request, items, {
      item: toClientResponse,
      position: ({ id, created_at }) => toCursorPosition(request.sort, { id, created_at }),
      total,
    });
  }

  async get(slug: string, clientId: string): Promise<ClientResponseDto> {
    const owner = await this.owners.serviceAccount(this.graph.read, slug);
    return toClientResponse(await find(this.graph.read, owner, clientId));
  }

  /** @throws DomainError `validation_failed`, `beyond_own_powers`, and what {@link CredentialRules.prove} throws */
  async create(slug: string, write: ClientCreateDto): Promise<ClientSecretDto> {
    const { name, scopes, password, mfa_code: mfaCode } = write;
    const proof = await this.rules.prove({ password, mfaCode });
    const expires_at = this.rules.clientExpiry(write.expires_at);
    const { clientId, secret, mac } = this.codec.make();
    return this.graph.transaction(async (tx) => {
      const owner = await this.owners.lockServiceAccount(tx, slug);
      await this.rules.spend(tx, proof);
      await this.rules.assertScopes(tx, owner.id, scopes);
      const properties = { client_id: clientId, name, owner_id: owner.id, scopes, expires_at };
      const made = await tx.insert(ClientCredential, { ...properties, secret_mac: mac });
      await tx.connect(HasKey, ref(ClientCredential, made.id), owner);
      audit(tx, 'client.create', made, { scopes, expires_at });
      return { ...toClientResponse(made), client_secret: secret };
    });
  }

  async patch(slug: string, clientId: string, patch: PatchDocument, expected: Expectation): Promise<ClientResponseDto> {
    const mayWiden = await this.rules.mayWiden();
    return this.graph.transaction(async (tx) => {
      const owner = await this.owners.lockServiceAccount(tx, slug);
      const client = await lock(tx, owner, clientId, expected);
      const document = applyPatch(patch, toDocument(toClientResponse(client)), { serverOwned: SERVER_OWNED });
      const write = await validateDocument(ClientWriteDto, writableDocument(document, SERVER_OWNED));
      const { name, scopes } = write;
      const isAsBefore = timeOf(write.expires_at) === timeOf(client.expires_at);
      const expires_at = isAsBefore ? client.expires_at : this.rules.clientExpiry(write.expires_at);
      await this.rules.assertTerms(tx, owner.id, { scopes, expires_at }, client, mayWiden);
      const result = await tx.patch(ClientCredential, client.id, { set: { name, scopes, expires_at } });
      if (!result) throw missing();
      if (result.changed) audit(tx, 'client.update', client, { scopes, expires_at });
      return toClientResponse(result.after);
    });
  }

  /** A new secret under the same id; tokens that were given out go on. @throws DomainError `key_revoked` */
  async rotate(
    slug: string,
    clientId: string,
    { password, mfa_code: mfaCode, overlap_seconds = 0, expires_at: asked }: ClientRotateDto,
    now = new Date(),
  ): Promise<ClientSecretDto> {
    const proof = await this.rules.prove({ password, mfaCode });
    return this.graph.transaction(async (tx) => {
      const owner = await this.owners.lockServiceAccount(tx, slug);
      await this.rules.spend(tx, proof);
      const before = await lock(tx, owner, clientId, {});
      if (before.revoked_at !== null) throw revoked();
      this.powers.assertWithinScopes(before.scopes);
      const { secret, mac } = this.codec.make(before.client_id);
      const overlap_until = overlap_seconds > 0 ? new Date(now.getTime() + overlap_seconds * 1000).toISOString() : null;
      const expires_at = asked === undefined ? before.expires_at : this.rules.clientExpiry(asked, now);
      const previous = overlap_until === null ? null : await tx.reveal(ClientCredential, before.id, 'secret_mac');
      const result = await tx.patch(ClientCredential, before.id, {
        set: { secret_mac: mac, previous_mac: previous ?? null, previous_until: overlap_until, expires_at },
      });
      if (!result) throw missing();
      audit(tx, 'client.rotate', before, { overlap_until, expires_at });
      return { ...toClientResponse(result.after), client_secret: secret };
    });
  }

  /** Neither it nor its tokens are let in from the next request on. Revoking twice is revoking once. */
  async revoke(slug: string, clientId: string, now = new Date()): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const client = await lock(tx, await this.owners.lockServiceAccount(tx, slug), clientId, {});
      if (client.revoked_at !== null) return;
      const set = { revoked_at: now.toISOString(), previous_mac: null, previous_until: null };
      await tx.patch(ClientCredential, client.id, { set });
      audit(tx, 'client.revoke', client, {});
    });
  }
}

async function find(reader: GraphReader, owner: VertexRef, clientId: string): Promise<ClientVertex> {
  const client = await reader.find(ClientCredential, { client_id: clientId });
  if (client?.owner_id !== owner.id) throw missing();
  return client;
}

async function lock(
  tx: GraphTransaction,
  owner: VertexRef,
  clientId: string,
  expected: Expectation,
): Promise<ClientVertex> {
  const { id } = await find(tx, owner, clientId);
  const client = await tx.lock(ClientCredential, id);
  if (!client) throw missing();
  assertExpected('client', expected, client.version);
  return client;
}

function timeOf(text: string | null | undefined): number | null {
  return text ? Date.parse(text) : null;
}

function toClientResponse(client: ClientVertex): ClientResponseDto {
  const { id, client_id, name, scopes, expires_at, last_used_at, revoked_at } = client;
  const { previous_until: overlap_until, created_at, updated_at, version } = client;
  return {
    id,
    client_id,
    name,
    scopes: [...scopes],
    expires_at,
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
  { id, client_id, name, owner_id }: ClientVertex,
  detail: JsonObject,
): void {
  recordAudit(tx.transaction, {
    action,
    outcome: 'success',
    resourceKind: 'ClientCredential',
    resourceId: id,
    detail: { client_id, name, service_account_id: owner_id, ...detail },
  });
}

function missing(): DomainError {
  return notFound('The client');
}

function revoked(): DomainError {
  return new DomainError('key_revoked', 'conflict', 'The client was revoked; make a new one.');
}
