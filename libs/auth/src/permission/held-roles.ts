import { Injectable } from '@nestjs/common';
import { invalid, type JsonObject, notFound } from '#libs/common';
import { Graph, type GraphReader, type GraphTransaction, type VertexOf, type VertexRef } from '#libs/graph';
import { type ListDefinition, type Page, type PageQueryDto, Pages } from '#libs/http';
import { recordAudit } from '../audit/audit.js';
import { HasRole } from '../model/identity.edge.js';
import { Role } from '../model/identity.vertex.js';
import { ActorPowers } from './actor-powers.js';
import { type AssignedRole, RoleAssignments } from './role-assignments.repository.js';

export const ROLE_ASSIGNMENT_LIST: ListDefinition = { sortable: ['role'], defaultSort: 'role', filterable: {} };

export type RoleVertex = VertexOf<typeof Role>;

/** What holds roles: a user, a group or a service account. */
export interface RoleHolder {
  readonly vertex: VertexRef;
  /** How people are told of it, such as "service account". */
  readonly noun: string;
  /** What its audit events say of it, beside the role and the place. */
  readonly detail?: JsonObject;
}

/** The roles that holders of one kind have themselves, each in one organization or everywhere. */
@Injectable()
export abstract class HeldRoles {
  constructor(
    protected readonly graph: Graph,
    private readonly pages: Pages,
    protected readonly assignments: RoleAssignments,
    protected readonly powers: ActorPowers,
  ) {}

  /** @param address its id or slug, as the routes have it. @throws DomainError `not_found` */
  protected abstract find(reader: GraphReader, address: string): Promise<RoleHolder>;

  /** As {@link find}, kept from other writers until the transaction ends. */
  protected abstract lock(tx: GraphTransaction, address: string): Promise<RoleHolder>;

  async list(address: string, query: PageQueryDto): Promise<Page<AssignedRole>> {
    const { vertex } = await this.find(this.graph.read, address);
    const request = this.pages.read(`roles of ${vertex.id}`, query, ROLE_ASSIGNMENT_LIST);
    const [role = '', organization = ''] = (request.after ?? []).map(String);
    const after = request.after && { role, organization };
    const rows = await this.assignments.listOf(vertex, { after, limit: request.limit + 1 });
    const total = request.count ? await this.graph.read.countEdges(HasRole, { from: vertex }) : undefined;
    return this.pages.answer(request, rows, {
      item: (row) => row,
      position: (row) => [row.role, row.organization ?? ''],
      total,
    });
  }

  /** @throws DomainError `beyond_own_powers` where the caller does not hold the role's permissions in that place */
  async give(address: string, roleSlug: string, organization: string | undefined): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const { holder, role, place } = await this.lockFor(tx, address, roleSlug, organization);
      await this.powers.assertCoverRole(tx, role.id, place);
      await this.connect(tx, holder, role, place);
    });
  }

  async take(address: string, roleSlug: string, organization: string | undefined): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const { holder, role, place } = await this.lockFor(tx, address, roleSlug, organization);
      const taken = await this.assignments.remove(tx, holder.vertex, role.id, place);
      if (!taken) throw notFound(`The role "${roleSlug}" of the ${holder.noun} in that place`);
      audit(tx, 'remove', holder, role, place);
    });
  }

  protected async connect(
    tx: GraphTransaction,
    holder: RoleHolder,
    role: RoleVertex,
    place: string | null,
  ): Promise<void> {
    const edge = { from: holder.vertex, to: role.id, properties: { organization_id: place } };
    const added = await tx.connectMany(HasRole, [edge], { onConflict: 'skip' });
    if (added.length > 0) audit(tx, 'assign', holder, role, place);
  }

  /** The id of the organization that is named; null for everywhere. @throws DomainError `validation_failed` */
  protected async place(tx: GraphTransaction, organization: string | undefined): Promise<string | null> {
    if (organization === undefined) return null;
    const id = await this.assignments.findOrganization(tx, organization);
    if (id) return id;
    const message = `There is no organization "${organization}".`;
    throw invalid([{ pointer: '/organization', code: 'unknown_reference', message }]);
  }

  private async lockFor(tx: GraphTransaction, address: string, roleSlug: string, organization: string | undefined) {
    const holder = await this.lock(tx, address);
    await this.powers.assertCoverPrincipal(tx, holder.vertex.id);
    const role = await tx.find(Role, { slug: roleSlug });
    if (!role) throw notFound(`The role "${roleSlug}"`);
    return { holder, role, place: await this.place(tx, organization) };
  }
}

function audit(
  tx: GraphTransaction,
  what: 'assign' | 'remove',
  { vertex, noun, detail }: RoleHolder,
  role: RoleVertex,
  place: string | null,
): void {
  recordAudit(tx.transaction, {
    action: `${noun.replaceAll(' ', '_')}.role.${what}`,
    outcome: 'success',
    resourceKind: vertex.definition.label,
    resourceId: vertex.id,
    organizationId: place ?? undefined,
    detail: { ...detail, role: role.slug, organization_id: place },
  });
}
