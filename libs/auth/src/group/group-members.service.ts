import { Injectable } from '@nestjs/common';
import { DomainError, isId, notFound } from '#libs/common';
import { Graph, type GraphTransaction, ref, type VertexRef } from '#libs/graph';
import { type ListDefinition, type Page, type PageQueryDto, Pages } from '#libs/http';
import { MemberOf } from '../model/identity.edge.js';
import { Group, ServiceAccount, User } from '../model/identity.vertex.js';
import { ActorPowers } from '../permission/actor-powers.js';
import { lockServiceAccount } from '../service-account/service-accounts.service.js';
import type { GroupMemberResponseDto } from './group.dto.js';
import { GroupMembersRepository } from './group-members.repository.js';
import { auditGroup, findGroup, lockGroup } from './groups.service.js';

export const GROUP_MEMBER_LIST: ListDefinition = { sortable: ['name'], defaultSort: 'name', filterable: {} };

/** Who is in a group. Members hold what the group holds, so putting somebody in is giving them all of it. */
@Injectable()
export class GroupMembers {
  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly repository: GroupMembersRepository,
    private readonly powers: ActorPowers,
  ) {}

  async list(slug: string, query: PageQueryDto): Promise<Page<GroupMemberResponseDto>> {
    const group = await findGroup(this.graph.read, slug);
    const request = this.pages.read(`members of ${group.id}`, query, GROUP_MEMBER_LIST);
    const descending = request.sort[0]?.direction === 'desc';
    const [name = '', id = ''] = (request.after ?? []).map(String);
    const after = request.after && { name, id };
    const rows = await this.repository.list(group.id, { after, descending, limit: request.limit + 1 });
    const to = ref(Group, group.id);
    const total = request.count ? await this.graph.read.countEdges(MemberOf, { to }) : undefined;
    return this.pages.answer(request, rows, { item: (row) => row, position: (row) => [row.name, row.id], total });
  }

  async addUser(slug: string, userId: string): Promise<void> {
    await this.graph.transaction(async (tx) => this.add(tx, slug, await lockUser(tx, userId)));
  }

  async removeUser(slug: string, userId: string): Promise<void> {
    await this.graph.transaction(async (tx) => this.remove(tx, slug, await lockUser(tx, userId)));
  }

  async addServiceAccount(slug: string, account: string): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const { id } = await lockServiceAccount(tx, account);
      await this.add(tx, slug, ref(ServiceAccount, id));
    });
  }

  async removeServiceAccount(slug: string, account: string): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const { id } = await lockServiceAccount(tx, account);
      await this.remove(tx, slug, ref(ServiceAccount, id));
    });
  }

  /** @throws DomainError `group_cycle` where the outer group is, by way of others, in the inner one */
  async addGroup(slug: string, memberSlug: string): Promise<void> {
    await this.graph.transaction(async (tx) => {
      // Two additions that are harmless alone could make a circle together.
      await this.repository.lockHierarchy(tx);
      const member = await findGroup(tx, memberSlug);
      await this.add(tx, slug, ref(Group, member.id));
      if (await this.repository.isCircular(tx, member.id)) {
        const message = `The group "${slug}" is in the group "${memberSlug}" already, or is the same.`;
        throw new DomainError('group_cycle', 'conflict', message);
      }
    });
  }

  async removeGroup(slug: string, memberSlug: string): Promise<void> {
    await this.graph.transaction(async (tx) => {
      await this.repository.lockHierarchy(tx);
      const member = await findGroup(tx, memberSlug);
      await this.remove(tx, slug, ref(Group, member.id));
    });
  }

  private async add(tx: GraphTransaction, slug: string, member: VertexRef): Promise<void> {
    const group = await lockGroup(tx, slug);
    await this.powers.assertCoverPrincipal(tx, group.id);
    await this.powers.assertCoverPrincipal(tx, member.id);
    const edge = { from: member, to: ref(Group, group.id) };
    const added = await tx.connectMany(MemberOf, [edge], { onConflict: 'skip' });
    if (added.length > 0) auditGroup(tx, 'group.member.add', group, subject(member));
  }

  private async remove(tx: GraphTransaction, slug: string, member: VertexRef): Promise<void> {
    const group = await lockGroup(tx, slug);
    await this.powers.assertCoverPrincipal(tx, member.id);
    const removed = await tx.disconnect(MemberOf, { from: member, to: ref(Group, group.id) });
    if (removed.length === 0) throw notFound(`The member of the group "${slug}"`);
    auditGroup(tx, 'group.member.remove', group, subject(member));
  }
}

async function lockUser(tx: GraphTransaction, id: string): Promise<VertexRef> {
  const user = isId(id) ? await tx.lock(User, id) : undefined;
  if (!user) throw notFound('The user');
  return ref(User, user.id);
}

function subject({ definition, id }: VertexRef): Record<string, string> {
  return { member_kind: definition.label, member_id: id };
}
