import { Injectable } from '@nestjs/common';
import { DomainError, type JsonObject, notFound } from '#libs/common';
import { Graph, type GraphReader, type GraphTransaction, type LockOptions, type VertexOf } from '#libs/graph';
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
import { removeCredentialsOf } from '../credential/credentials.repository.js';
import { ServiceAccount } from '../model/identity.vertex.js';
import { ActorPowers } from '../permission/actor-powers.js';
import { type ServiceAccountResponseDto, ServiceAccountWriteDto } from './service-account.dto.js';

export type ServiceAccountVertex = VertexOf<typeof ServiceAccount>;

export const SERVICE_ACCOUNT_LIST: ListDefinition = {
  sortable: ['name', 'slug', 'created_at'],
  defaultSort: 'name',
  filterable: {
    slug: { type: 'text' },
    name: { type: 'text' },
    is_active: { type: 'boolean' },
    is_admin: { type: 'boolean' },
  },
};

/** Service accounts by themselves. Everything is bounded by what the caller may do: see {@link ActorPowers}. */
@Injectable()
export class ServiceAccounts {
  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly powers: ActorPowers,
  ) {}

  async list(query: PageQueryDto): Promise<Page<ServiceAccountResponseDto>> {
    const request = this.pages.read('service accounts', query, SERVICE_ACCOUNT_LIST);
    const where = toGraphFilter(request.filters);
    const { items } = await this.graph.read.list(ServiceAccount, {
      where,
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    const total = request.count ? await this.graph.read.count(ServiceAccount, where) : undefined;
    return this.pages.answer(request, items, {
      item: toServiceAccountResponse,
      position: (account) => toCursorPosition(request.sort, account),
      total,
    });
  }

  async get(slug: string): Promise<ServiceAccountResponseDto> {
    return toServiceAccountResponse(await findServiceAccount(this.graph.read, slug));
  }

  async create(write: ServiceAccountWriteDto): Promise<ServiceAccountResponseDto> {
    if (write.is_admin) this.powers.assertAdmin();
    return this.graph.transaction(async (tx) => {
      const account = await tx.insert(ServiceAccount, toProperties(write, { is_active: true, is_admin: false }));
      audit(tx, 'service_account.create', account, stateOf(account));
      return toServiceAccountResponse(account);
    });
  }

  async patch(slug: string, patch: PatchDocument, expected: Expectation): Promise<ServiceAccountResponseDto> {
    return this.graph.transaction(async (tx) => {
      const account = await this.lock(tx, slug, expected);
      const document = applyPatch(patch, toDocument(toServiceAccountResponse(account)));
      const write = await validateDocument(ServiceAccountWriteDto, writableDocument(document));
      const set = toProperties(write, account);
      if (set.is_admin !== account.is_admin) this.powers.assertAdmin();
      const result = await tx.patch(ServiceAccount, account.id, { set });
      if (!result) throw missing(slug);
      if (result.changed) audit(tx, 'service_account.update', result.after, stateOf(result.after));
      return toServiceAccountResponse(result.after);
    });
  }

  /** With every key and client, in one transaction: none of them is let in from the next request on. */
  async delete(slug: string, expected: Expectation): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const account = await this.lock(tx, slug, expected, { forRemoval: true });
      const removed = await removeCredentialsOf(tx, account.id);
      await tx.remove(ServiceAccount, account.id);
      audit(tx, 'service_account.delete', account, removed);
    });
  }

  /** The account, kept from others until the transaction ends, and not mightier than the caller. */
  private async lock(tx: GraphTransaction, slug: string, expected: Expectation, options?: LockOptions) {
    const account = await lockServiceAccount(tx, slug, options);
    assertExpected('service account', expected, account.version);
    await this.powers.assertCoverPrincipal(tx, account.id);
    return account;
  }
}

/** @throws DomainError `not_found` */
export async function findServiceAccount(reader: GraphReader, slug: string): Promise<ServiceAccountVertex> {
  const account = await reader.find(ServiceAccount, { slug });
  if (!account) throw missing(slug);
  return account;
}

/** The account, kept from other writers until the transaction ends. @throws DomainError `not_found` */
export async function lockServiceAccount(
  tx: GraphTransaction,
  slug: string,
  options?: LockOptions,
): Promise<ServiceAccountVertex> {
  const { id } = await findServiceAccount(tx, slug);
  const account = await tx.lock(ServiceAccount, id, options);
  // Renamed or deleted between the two statements: for this caller it is gone.
  if (account?.slug !== slug) throw missing(slug);
  return account;
}

function toProperties(
  { slug, name, description, is_active, is_admin }: ServiceAccountWriteDto,
  current: { readonly is_active: boolean; readonly is_admin: boolean },
) {
  return {
    slug,
    name,
    description: description ?? null,
    is_active: is_active ?? current.is_active,
    is_admin: is_admin ?? current.is_admin,
  };
}

function toServiceAccountResponse(account: ServiceAccountVertex): ServiceAccountResponseDto {
  const { id, slug, name, description, is_active, is_admin, created_at, updated_at, version } = account;
  return { id, slug, name, description, is_active, is_admin, created_at, updated_at, version };
}

function stateOf({ is_active, is_admin }: ServiceAccountVertex): JsonObject {
  return { is_active, is_admin };
}

function audit(tx: GraphTransaction, action: string, { id, slug }: ServiceAccountVertex, detail: JsonObject): void {
  recordAudit(tx.transaction, {
    action,
    outcome: 'success',
    resourceKind: 'ServiceAccount',
    resourceId: id,
    detail: { slug, ...detail },
  });
}

function missing(slug: string): DomainError {
  return notFound(`The service account "${slug}"`);
}
