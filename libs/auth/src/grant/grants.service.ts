import { Injectable } from '@nestjs/common';
import { invalid, type JsonObject, notFound } from '#libs/common';
import { type EdgeOf, Graph, type GraphReader, type GraphTransaction, ref, type VertexRef } from '#libs/graph';
import { type ListDefinition, type Page, type PageQueryDto, Pages } from '#libs/http';
import { recordAudit } from '../audit/audit.js';
import { unauthenticated } from '../auth-problems.js';
import { ActorPowers } from '../permission/actor-powers.js';
import { Powers } from '../permission/powers.js';
import { currentAuth } from '../principal/auth-context.js';
import { type PrincipalKindName, parsePrincipal, principalReference } from '../principal/principal-reference.js';
import type { GrantResponseDto, GrantWriteDto } from './grant.dto.js';
import { CanAccess, GRANT_ACTIONS, type GrantAction } from './grant.edge.js';
import { type GrantKindName, grantables, openedBy } from './grant-kinds.js';
import { actionsOf } from './grant-sql.js';
import { type GrantedResource, type GrantRow, GrantsRepository } from './grants.repository.js';

export const GRANT_LIST: ListDefinition = { sortable: ['name'], defaultSort: 'name', filterable: {} };

type Grant = EdgeOf<typeof CanAccess>['properties'];

/**
 * Access to single resources, for users, groups and service accounts. Nobody grants, changes or takes away what they do
 * not hold on the resource themselves, nor for longer than they hold it.
 */
@Injectable()
export class GrantsService {
  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly repository: GrantsRepository,
    private readonly powers: ActorPowers,
  ) {}

  async list(kind: GrantKindName, key: string, query: PageQueryDto): Promise<Page<GrantResponseDto>> {
    const resource = await this.resource(this.graph.read, kind, key);
    const request = this.pages.read(`grants on ${resource.id}`, query, GRANT_LIST);
    const [name = '', id = ''] = (request.after ?? []).map(String);
    const rows = await this.repository.list(resource, {
      after: request.after && { name, id },
      descending: request.sort[0]?.direction === 'desc',
      limit: request.limit + 1,
    });
    const to = ref(resource.kind.definition, resource.id);
    const total = request.count ? await this.graph.read.countEdges(CanAccess, { to }) : undefined;
    return this.pages.answer(request, rows, { item: toResponse, position: (row) => [row.name, row.id], total });
  }

  /** Grants exactly these actions, whatever was granted before; the same again changes nothing. */
  async put(kind: GrantKindName, key: string, principal: string, write: GrantWriteDto): Promise<void> {
    const now = new Date();
    const expires_at = expiryOf(write, now);
    const actions = GRANT_ACTIONS.filter((action) => write.actions.includes(action));
    await this.graph.transaction(async (tx) => {
      const { resource, from, before } = await this.lock(tx, kind, key, principal, now);
      await this.assertHeld(tx, resource, actions, expires_at);
      if (before && isSame(before, actions, expires_at)) return;
      const to = ref(resource.kind.definition, resource.id);
      const granted = { actions, expires_at, granted_by: grantor(), granted_at: now.toISOString() };
      if (before) await tx.patchEdge(CanAccess, from, to, { set: granted });
      else await tx.connect(CanAccess, from, to, granted);
      audit(tx, before ? 'grant.update' : 'grant.create', resource, from, { actions, expires_at });
    });
  }

  async delete(kind: GrantKindName, key: string, principal: string): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const { resource, from, before } = await this.lock(tx, kind, key, principal, new Date());
      if (!before) throw notFound('The grant');
      await tx.disconnect(CanAccess, { from, to: ref(resource.kind.definition, resource.id) });
      const { actions, expires_at } = before;
      audit(tx, 'grant.delete', resource, from, { actions: [...actions], expires_at });
    });
  }

  /** Locks the principal, so that changes of one grant come one after the other, and finds what it has been granted. */
  private async lock(tx: GraphTransaction, kind: GrantKindName, key: string, principal: string, now: Date) {
    const resource = await this.resource(tx, kind, key);
    const reference = parsePrincipal(principal);
    const from = reference && (await this.repository.lockPrincipal(tx, reference));
    if (!from) throw notFound('The user, group or service account');
    const [edge] = await tx.edgesOf(CanAccess, { from, to: ref(resource.kind.definition, resource.id) });
    const before = edge?.properties;
    const isAlive = before && (before.expires_at === null || Date.parse(before.expires_at) > now.getTime());
    if (isAlive) await this.assertHeld(tx, resource, before.actions, before.expires_at);
    return { resource, from, before };
  }

  private async assertHeld(
    tx: GraphTransaction,
    { kind, id: resource, organizationId }: GrantedResource,
    actions: readonly GrantAction[],
    until: string | null,
  ): Promise<void> {
    const opened = openedBy(kind, actions);
    const wanted = opened.map((permission) => ({ organizationId, permission, resource, until }));
    await this.powers.assertCoverPowers(tx, new Powers(wanted));
  }

  private async resource(reader: GraphReader, name: GrantKindName, key: string): Promise<GrantedResource> {
    const kind = grantables(this.graph.model).find((one) => one.name === name);
    const organizationId = currentAuth()?.organizationId;
    const found =
      kind && organizationId !== undefined
        ? await this.repository.findResource(reader, kind, organizationId, key)
        : undefined;
    if (!found) throw notFound(`The ${name} "${key}"`);
    return found;
  }
}

/** @throws DomainError `validation_failed` */
function expiryOf({ expires_at }: GrantWriteDto, now: Date): string | null {
  if (expires_at === undefined || expires_at === null) return null;
  const time = Date.parse(expires_at);
  if (time > now.getTime()) return new Date(time).toISOString();
  const message = Number.isNaN(time) ? 'must be a time that exists' : 'must be in the future';
  throw invalid([{ pointer: '/expires_at', code: 'expires_at', message }]);
}

function isSame(before: Grant, actions: readonly GrantAction[], expires_at: string | null): boolean {
  const isEqual = before.actions.length === actions.length && actions.every((one) => before.actions.includes(one));
  return isEqual && before.expires_at === expires_at;
}

function grantor(): string {
  const auth = currentAuth();
  if (!auth) throw unauthenticated();
  return auth.principal.id;
}

function toResponse({ kind, id, slug, name, actions, granted_by, granted_at, expires_at }: GrantRow): GrantResponseDto {
  return {
    principal: toPrincipal({ kind, id, slug, name }),
    actions: actionsOf(actions),
    granted_by,
    granted_at,
    expires_at,
  };
}

/** A principal as answers show it. */
export function toPrincipal(row: { kind: string; id: string; slug: string | null; name: string }) {
  return { ...row, kind: kindName(row.kind), reference: principalReference(row.kind, row.id, row.slug) };
}

function kindName(kind: string): PrincipalKindName {
  return kind === 'group' || kind === 'service_account' ? kind : 'user';
}

function audit(
  tx: GraphTransaction,
  action: string,
  { kind, id, organizationId }: GrantedResource,
  { definition, id: principal_id }: VertexRef,
  detail: JsonObject,
): void {
  recordAudit(tx.transaction, {
    action,
    outcome: 'success',
    resourceKind: kind.label,
    resourceId: id,
    organizationId,
    detail: { principal_kind: definition.label, principal_id, ...detail },
  });
}
