import { Injectable } from '@nestjs/common';
import { DomainError, type FieldError, invalid, notFound } from '#libs/common';
import { Graph, type GraphTransaction, type VertexOf } from '#libs/graph';
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
import { Grants, InheritsFrom } from '../model/identity.edge.js';
import { Permission, Role } from '../model/identity.vertex.js';
import { ActorPowers } from '../permission/actor-powers.js';
import { type PermissionResponseDto, type RoleResponseDto, RoleWriteDto } from './role.dto.js';
import { type RoleGrants, RolesRepository } from './roles.repository.js';

type RoleVertex = VertexOf<typeof Role>;

export const ROLE_LIST: ListDefinition = {
  sortable: ['name', 'slug', 'priority'],
  defaultSort: 'name',
  filterable: { slug: { type: 'text' }, name: { type: 'text' }, is_system: { type: 'boolean' } },
};

export const PERMISSION_LIST: ListDefinition = {
  sortable: ['name'],
  defaultSort: 'name',
  filterable: { name: { type: 'text' } },
};

const SERVER_OWNED = ['is_system'];
const NOTHING: RoleGrants = { permissions: [], inherits: [] };

/** Roles and what they grant. Nobody makes or changes one that is mightier, before or after, than they are. */
@Injectable()
export class RolesService {
  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly repository: RolesRepository,
    private readonly powers: ActorPowers,
  ) {}

  async list(query: PageQueryDto): Promise<Page<RoleResponseDto>> {
    const request = this.pages.read('roles', query, ROLE_LIST);
    const where = toGraphFilter(request.filters);
    const { items } = await this.graph.read.list(Role, {
      where,
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    const grants = await this.repository.grantsOf(items.map(({ id }) => id));
    const total = request.count ? await this.graph.read.count(Role, where) : undefined;
    return this.pages.answer(request, items, {
      item: (role) => toRoleResponse(role, grants.get(role.id)),
      position: (role) => toCursorPosition(request.sort, role),
      total,
    });
  }

  async listPermissions(query: PageQueryDto): Promise<Page<PermissionResponseDto>> {
    const request = this.pages.read('permissions', query, PERMISSION_LIST);
    const where = toGraphFilter(request.filters);
    const { items } = await this.graph.read.list(Permission, {
      where,
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    const total = request.count ? await this.graph.read.count(Permission, where) : undefined;
    return this.pages.answer(request, items, {
      item: ({ name, description }) => ({ name, description }),
      position: (permission) => toCursorPosition(request.sort, permission),
      total,
    });
  }

  async get(slug: string): Promise<RoleResponseDto> {
    const role = await this.graph.read.find(Role, { slug });
    if (!role) throw missing(slug);
    return toRoleResponse(role, (await this.repository.grantsOf([role.id])).get(role.id));
  }

  async create(write: RoleWriteDto): Promise<RoleResponseDto> {
    return this.graph.transaction(async (tx) => {
      const role = await tx.insert(Role, { ...toProperties(write), is_system: false });
      const after = await this.store(tx, role, write, true);
      audit(tx, 'role.create', role.id, write);
      return after;
    });
  }

  async patch(slug: string, patch: PatchDocument, expected: Expectation): Promise<RoleResponseDto> {
    return this.graph.transaction(async (tx) => {
      const role = await this.lock(tx, slug, expected);
      const current = toRoleResponse(role, (await this.repository.grantsOf([role.id], tx)).get(role.id));
      const document = applyPatch(patch, toDocument(current), { serverOwned: SERVER_OWNED });
      const write = await validateDocument(RoleWriteDto, writableDocument(document, SERVER_OWNED));
      if (role.is_system && write.slug !== role.slug) throw systemRole(role.slug);
      const after = await this.store(tx, role, write);
      if (after.version !== role.version) audit(tx, 'role.update', role.id, write);
      return after;
    });
  }

  async delete(slug: string, expected: Expectation): Promise<void> {
    await this.graph.transaction(async (tx) => {
      await this.repository.lockHierarchy(tx);
      const role = await this.lock(tx, slug, expected, true);
      if (role.is_system) throw systemRole(slug);
      await this.powers.assertCoverRole(tx, role.id, null);
      const counts = await this.repository.countUsers(tx, role.id);
      if (counts.holders + counts.roles > 0) throw inUse(slug, counts);
      await tx.remove(Role, role.id);
      audit(tx, 'role.delete', role.id, { slug });
    });
  }

  private async lock(tx: GraphTransaction, slug: string, expected: Expectation, forRemoval = false) {
    const found = await tx.find(Role, { slug });
    const role = found && (await tx.lock(Role, found.id, { forRemoval }));
    if (!role || role.slug !== slug) throw missing(slug);
    assertExpected('role', expected, role.version);
    return role;
  }

  /** Writes a role and its edges. What the caller may do is asked before: the change could raise it. */
  private async store(
    tx: GraphTransaction,
    role: RoleVertex,
    write: RoleWriteDto,
    isNew = false,
  ): Promise<RoleResponseDto> {
    const own = await this.powers.own(tx);
    await this.powers.assertCoverRole(tx, role.id, null, own);
    const edges = await this.replaceEdges(tx, role.id, write);
    await this.powers.assertCoverRole(tx, role.id, null, own);
    if (write.is_default) await this.dethrone(tx, role.id);
    const result = await tx.patch(Role, role.id, { set: toProperties(write), touch: edges && !isNew });
    if (!result) throw missing(role.slug);
    return toRoleResponse(result.after, (await this.repository.grantsOf([role.id], tx)).get(role.id));
  }

  private async replaceEdges(tx: GraphTransaction, roleId: string, write: RoleWriteDto): Promise<boolean> {
    const { permissions = [], inherits = [] } = write;
    await this.repository.lockHierarchy(tx);
    const permissionIds = known(await this.repository.findPermissions(tx, permissions), permissions, '/permissions');
    const roleIds = known(await this.repository.findRoles(tx, inherits), inherits, '/inherits');
    const granted = await tx.replaceEdges(Grants, roleId, permissionIds);
    const inherited = await tx.replaceEdges(InheritsFrom, roleId, roleIds);
    if (await this.repository.isCircular(tx, roleId)) {
      throw new DomainError('role_cycle', 'conflict', 'The role would inherit from itself.');
    }
    return [granted, inherited].some(({ added, removed }) => added.length + removed.length > 0);
  }

  // New users are given one role, so the one that was it until now no longer is.
  private async dethrone(tx: GraphTransaction, exceptId: string): Promise<void> {
    const { items } = await tx.list(Role, { where: { is_default: true }, limit: 10 });
    for (const { id } of items) {
      if (id === exceptId) continue;
      const patched = await tx.patch(Role, id, { set: { is_default: false } });
      if (patched) audit(tx, 'role.default.remove', id, { slug: patched.after.slug });
    }
  }
}

function known(ids: ReadonlyMap<string, string>, names: readonly string[], pointer: string): { to: string }[] {
  const faults: FieldError[] = [];
  const targets = names.flatMap((name, index) => {
    const to = ids.get(name);
    if (to !== undefined) return [{ to }];
    faults.push({ pointer: `${pointer}/${index}`, code: 'unknown_reference', message: `There is no "${name}".` });
    return [];
  });
  if (faults.length > 0) throw invalid(faults);
  return targets;
}

function toProperties({ slug, name, description, priority, is_default, require_mfa }: RoleWriteDto) {
  return {
    slug,
    name,
    description: description ?? null,
    priority: priority ?? 0,
    is_default: is_default ?? false,
    require_mfa: require_mfa ?? false,
  };
}

function toRoleResponse(role: RoleVertex, grants: RoleGrants = NOTHING): RoleResponseDto {
  const { id, slug, name, description, priority, is_default, is_system, created_at, updated_at, version } = role;
  const { permissions, inherits } = grants;
  return {
    id,
    slug,
    name,
    description,
    priority,
    is_default,
    require_mfa: role.require_mfa ?? false,
    is_system,
    permissions,
    inherits,
    created_at,
    updated_at,
    version,
  };
}

function audit(tx: GraphTransaction, action: string, id: string, write: Partial<RoleWriteDto>): void {
  const { slug = '', permissions = [], inherits = [], require_mfa = false } = write;
  const detail = { slug, permissions: [...permissions], inherits: [...inherits], require_mfa };
  recordAudit(tx.transaction, { action, outcome: 'success', resourceKind: 'Role', resourceId: id, detail });
}

function missing(slug: string): Error {
  return notFound(`The role "${slug}"`);
}

function systemRole(slug: string): DomainError {
  const message = `The role "${slug}" comes with the product: it keeps its slug and stays.`;
  return new DomainError('system_role', 'conflict', message);
}

function inUse(slug: string, counts: { holders: number; roles: number }): DomainError {
  const message = `The role "${slug}" is in use (${counts.holders} holders, ${counts.roles} roles).`;
  return new DomainError('in_use', 'conflict', message, { details: { counts } });
}
