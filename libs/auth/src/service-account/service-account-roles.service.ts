import { Injectable } from '@nestjs/common';
import { invalid, notFound } from '#libs/common';
import { Graph, type GraphTransaction, ref } from '#libs/graph';
import { type Page, type PageQueryDto, Pages } from '#libs/http';
import { recordAudit } from '../audit/audit.js';
import { HasRole } from '../model/identity.edge.js';
import { Role, ServiceAccount } from '../model/identity.vertex.js';
import { ActorPowers } from '../permission/actor-powers.js';
import { RoleAssignments } from '../permission/role-assignments.repository.js';
import { ROLE_ASSIGNMENT_LIST } from '../user/user-roles.service.js';
import type { ServiceAccountRoleResponseDto } from './service-account.dto.js';
import { findServiceAccount, lockServiceAccount, type ServiceAccountVertex } from './service-accounts.service.js';

/** Roles that service accounts hold by themselves, each in one organization or everywhere. */
@Injectable()
export class ServiceAccountRoles {
  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly assignments: RoleAssignments,
    private readonly powers: ActorPowers,
  ) {}

  async list(slug: string, query: PageQueryDto): Promise<Page<ServiceAccountRoleResponseDto>> {
    const account = ref(ServiceAccount, (await findServiceAccount(this.graph.read, slug)).id);
    const request = this.pages.read(`roles of ${account.id}`, query, ROLE_ASSIGNMENT_LIST);
    const [role = '', organization = ''] = (request.after ?? []).map(String);
    const after = request.after && { role, organization };
    const rows = await this.assignments.listOf(account, { after, limit: request.limit + 1 });
    const total = request.count ? await this.graph.read.countEdges(HasRole, { from: account }) : undefined;
    return this.pages.answer(request, rows, {
      item: (row) => row,
      position: (row) => [row.role, row.organization ?? ''],
      total,
    });
  }

  /** @throws DomainError `beyond_own_powers` where the caller does not hold the role's permissions in that place */
  async give(slug: string, roleSlug: string, organization: string | undefined): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const { account, roleId, place } = await this.lock(tx, slug, roleSlug, organization);
      await this.powers.assertCoverRole(tx, roleId, place);
      const edge = { from: ref(ServiceAccount, account.id), to: roleId, properties: { organization_id: place } };
      const added = await tx.connectMany(HasRole, [edge], { onConflict: 'skip' });
      if (added.length > 0) audit(tx, 'service_account.role.assign', account, roleSlug, place);
    });
  }

  async take(slug: string, roleSlug: string, organization: string | undefined): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const { account, roleId, place } = await this.lock(tx, slug, roleSlug, organization);
      const taken = await this.assignments.remove(tx, ref(ServiceAccount, account.id), roleId, place);
      if (!taken) throw notFound(`The role "${roleSlug}" of the service account in that place`);
      audit(tx, 'service_account.role.remove', account, roleSlug, place);
    });
  }

  private async lock(tx: GraphTransaction, slug: string, roleSlug: string, organization: string | undefined) {
    const account = await lockServiceAccount(tx, slug);
    await this.powers.assertCoverPrincipal(tx, account.id);
    const role = await tx.find(Role, { slug: roleSlug });
    if (!role) throw notFound(`The role "${roleSlug}"`);
    return { account, roleId: role.id, place: await this.place(tx, organization) };
  }

  private async place(tx: GraphTransaction, organization: string | undefined): Promise<string | null> {
    if (organization === undefined) return null;
    const id = await this.assignments.findOrganization(tx, organization);
    if (id) return id;
    const message = `There is no organization "${organization}".`;
    throw invalid([{ pointer: '/organization', code: 'unknown_reference', message }]);
  }
}

function audit(
  tx: GraphTransaction,
  action: string,
  { id, slug }: ServiceAccountVertex,
  role: string,
  place: string | null,
): void {
  recordAudit(tx.transaction, {
    action,
    outcome: 'success',
    resourceKind: 'ServiceAccount',
    resourceId: id,
    organizationId: place ?? undefined,
    detail: { slug, role, organization_id: place },
  });
}
