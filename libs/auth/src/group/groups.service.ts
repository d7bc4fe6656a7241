import { Injectable } from '@nestjs/common';
import { DomainError, notFound } from '#libs/common';
import { Graph, type GraphReader, type GraphTransaction, type LockOptions, ref, type VertexOf } from '#libs/graph';
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
import { CanAccess } from '../grant/grant.edge.js';
import { HasRole, MemberOf } from '../model/identity.edge.js';
import { Group } from '../model/identity.vertex.js';
import { type GroupResponseDto, GroupWriteDto } from './group.dto.js';

export type GroupVertex = VertexOf<typeof Group>;

export const GROUP_LIST: ListDefinition = {
  sortable: ['name', 'slug', 'created_at'],
  defaultSort: 'name',
  filterable: { slug: { type: 'text' }, name: { type: 'text' } },
};

/** Groups by themselves; who is in them and what they may do is the matter of `GroupMembers` and `GroupRoles`. */
@Injectable()
export class GroupsService {
  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
  ) {}

  async list(query: PageQueryDto): Promise<Page<GroupResponseDto>> {
    const request = this.pages.read('groups', query, GROUP_LIST);
    const where = toGraphFilter(request.filters);
    const { items } = await this.graph.read.list(Group, {
      where,
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    const total = request.count ? await this.graph.read.count(Group, where) : undefined;
    return this.pages.answer(request, items, {
      item: toGroupResponse,
      position: (group) => toCursorPosition(request.sort, group),
      total,
    });
  }

  async get(slug: string): Promise<GroupResponseDto> {
    return toGroupResponse(await findGroup(this.graph.read, slug));
  }

  async create(write: GroupWriteDto): Promise<GroupResponseDto> {
    return this.graph.transaction(async (tx) => {
      const group = await tx.insert(Group, toProperties(write));
      auditGroup(tx, 'group.create', group);
      return toGroupResponse(group);
    });
  }

  async patch(slug: string, patch: PatchDocument, expected: Expectation): Promise<GroupResponseDto> {
    return this.graph.transaction(async (tx) => {
      const group = await lockGroup(tx, slug);
      assertExpected('group', expected, group.version);
      const write = await validateDocument(
        GroupWriteDto,
        writableDocument(applyPatch(patch, toDocument(toGroupResponse(group)))),
      );
      const result = await tx.patch(Group, group.id, { set: toProperties(write) });
      if (!result) throw missing(slug);
      if (result.changed) auditGroup(tx, 'group.update', result.after);
      return toGroupResponse(result.after);
    });
  }

  /** @throws DomainError `in_use` with counts */
  async delete(slug: string, expected: Expectation): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const group = await lockGroup(tx, slug, { forRemoval: true });
      assertExpected('group', expected, group.version);
      const self = ref(Group, group.id);
      const members = await tx.countEdges(MemberOf, { to: self });
      const roles = await tx.countEdges(HasRole, { from: self });
      const groups = await tx.countEdges(MemberOf, { from: self });
      const grants = await tx.countEdges(CanAccess, { from: self });
      if (members + roles + groups + grants > 0) throw inUse(slug, { members, roles, groups, grants });
      await tx.remove(Group, group.id);
      auditGroup(tx, 'group.delete', group);
    });
  }
}

/** @throws DomainError `not_found` */
export async function findGroup(reader: GraphReader, slug: string): Promise<GroupVertex> {
  const group = await reader.find(Group, { slug });
  if (!group) throw missing(slug);
  return group;
}

/** The group, kept from other writers until the transaction ends. @throws DomainError `not_found` */
export async function lockGroup(tx: GraphTransaction, slug: string, options?: LockOptions): Promise<GroupVertex> {
  const { id } = await findGroup(tx, slug);
  const group = await tx.lock(Group, id, options);
  // Renamed or deleted between the two statements: for this caller it is gone.
  if (group?.slug !== slug) throw missing(slug);
  return group;
}

/** Records what happened to a group, or by way of it to the one named in `detail`. */
export function auditGroup(
  tx: GraphTransaction,
  action: string,
  group: GroupVertex,
  detail: Readonly<Record<string, string | null>> = {},
): void {
  recordAudit(tx.transaction, {
    action,
    outcome: 'success',
    resourceKind: 'Group',
    resourceId: group.id,
    detail: { slug: group.slug, ...detail },
  });
}

function toProperties({ slug, name, description }: GroupWriteDto) {
  return { slug, name, description: description ?? null };
}

function toGroupResponse(group: GroupVertex): GroupResponseDto {
  const { id, slug, name, description, created_at, updated_at, version } = group;
  return { id, slug, name, description, created_at, updated_at, version };
}

function missing(slug: string): DomainError {
  return notFound(`The group "${slug}"`);
}

function inUse(slug: string, counts: { members: number; roles: number; groups: number; grants: number }): DomainError {
  const { members, roles, groups, grants } = counts;
  const message = `The group "${slug}" is in use (${members} members, ${roles} roles, in ${groups} groups, ${grants} grants).`;
  return new DomainError('in_use', 'conflict', message, { details: { counts } });
}
