import { Injectable } from '@nestjs/common';
import { invalid, isId, notFound } from '#libs/common';
import { Graph, type GraphTransaction, ref, type VertexOf } from '#libs/graph';
import { type ListDefinition, type Page, type PageQueryDto, Pages } from '#libs/http';
import { recordAudit } from '../audit/audit.js';
import { HasRole } from '../model/identity.edge.js';
import { Role, User } from '../model/identity.vertex.js';
import { ActorPowers } from '../permission/actor-powers.js';
import { RoleAssignments } from '../permission/role-assignments.repository.js';
import type { UserRoleResponseDto } from './user.dto.js';

export const ROLE_ASSIGNMENT_LIST: ListDefinition = { sortable: ['role'], defaultSort: 'role', filterable: {} };

type RoleVertex = VertexOf<typeof Role>;

/** Roles that users hold by themselves, each in one organization or everywhere. */
@Injectable()
export class UserRoles {
  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly assignments: RoleAssignments,
    private readonly powers: ActorPowers,
  ) {}

  async list(userId: string, query: PageQueryDto): Promise<Page<UserRoleResponseDto>> {
    if (!isId(userId) || !(await this.graph.read.find(User, { id: userId }))) throw notFound('The user');
    const request = this.pages.read(`roles of ${userId}`, query, ROLE_ASSIGNMENT_LIST);
    const [role = '', organization = ''] = (request.after ?? []).map(String);
    const after = request.after && { role, organization };
    const rows = await this.assignments.listOf(ref(User, userId), { after, limit: request.limit + 1 });
    const total = request.count ? await this.graph.read.countEdges(HasRole, { from: ref(User, userId) }) : undefined;
    return this.pages.answer(request, rows, {
      item: (row) => row,
      position: (row) => [row.role, row.organization ?? ''],
      total,
    });
  }

  async give(userId: string, roleSlug: string, organization: string | undefined): Promise<void> {
    await this.graph.transaction(async (tx) => {
      await this.lock(tx, userId);
      const role = await findRole(tx, roleSlug);
      const place = await this.place(tx, organization);
      await this.powers.assertCoverRole(tx, role.id, place);
      await this.connect(tx, userId, role, place);
    });
  }

  /** Gives a new user the role that new users have, in an organization; nothing where no role is the default. */
  async giveDefault(tx: GraphTransaction, userId: string, organization: string): Promise<void> {
    const place = await this.place(tx, organization);
    const role = await findDefault(tx);
    if (!role) return;
    await this.powers.assertCoverRole(tx, role.id, place);
    await this.connect(tx, userId, role, place);
  }

  /** As {@link giveDefault}, by the installation's own settings. Returns false where there is no such organization. */
  async welcome(tx: GraphTransaction, userId: string, organization: string): Promise<boolean> {
    const place = await this.assignments.findOrganization(tx, organization);
    if (place === undefined) return false;
    const role = await findDefault(tx);
    if (role) await this.connect(tx, userId, role, place);
    return true;
  }

  async take(userId: string, roleSlug: string, organization: string | undefined): Promise<void> {
    await this.graph.transaction(async (tx) => {
      await this.lock(tx, userId);
      const role = await findRole(tx, roleSlug);
      const place = await this.place(tx, organization);
      const taken = await this.assignments.remove(tx, ref(User, userId), role.id, place);
      if (!taken) throw notFound(`The role "${roleSlug}" of the user in that place`);
      audit(tx, 'user.role.remove', userId, roleSlug, place);
    });
  }

  private async connect(tx: GraphTransaction, userId: string, role: RoleVertex, place: string | null): Promise<void> {
    const edge = { from: ref(User, userId), to: role.id, properties: { organization_id: place } };
    const added = await tx.connectMany(HasRole, [edge], { onConflict: 'skip' });
    if (added.length > 0) audit(tx, 'user.role.assign', userId, role.slug, place);
  }

  private async lock(tx: GraphTransaction, userId: string): Promise<void> {
    const user = isId(userId) ? await tx.lock(User, userId) : undefined;
    if (!user) throw notFound('The user');
    await this.powers.assertCoverPrincipal(tx, userId);
  }

  private async place(tx: GraphTransaction, organization: string | undefined): Promise<string | null> {
    if (organization === undefined) return null;
    const id = await this.assignments.findOrganization(tx, organization);
    if (id) return id;
    const message = `There is no organization "${organization}".`;
    throw invalid([{ pointer: '/organization', code: 'unknown_reference', message }]);
  }
}

async function findDefault(tx: GraphTransaction): Promise<RoleVertex | undefined> {
  const { items } = await tx.list(Role, { where: { is_default: true }, limit: 1 });
  return items[0];
}

async function findRole(tx: GraphTransaction, slug: string): Promise<RoleVertex> {
  const role = await tx.find(Role, { slug });
  if (!role) throw notFound(`The role "${slug}"`);
  return role;
}

function audit(tx: GraphTransaction, action: string, userId: string, role: string, place: string | null): void {
  recordAudit(tx.transaction, {
    action,
    outcome: 'success',
    resourceKind: 'User',
    resourceId: userId,
    organizationId: place ?? undefined,
    detail: { role, organization_id: place },
  });
}
