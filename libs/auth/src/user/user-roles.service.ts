import { Injectable } from '@nestjs/common';
import { isId, notFound } from '#libs/common';
import { type GraphReader, type GraphTransaction, ref } from '#libs/graph';
import { Role, User } from '../model/identity.vertex.js';
import { HeldRoles, type RoleHolder, type RoleVertex } from '../permission/held-roles.js';

/** Roles that users hold by themselves. */
@Injectable()
export class UserRoles extends HeldRoles {
  /** Gives a new user the role that new users have, in an organization; nothing where no role is the default. */
  async giveDefault(tx: GraphTransaction, userId: string, organization: string): Promise<void> {
    const place = await this.place(tx, organization);
    const role = await findDefault(tx);
    if (!role) return;
    await this.powers.assertCoverRole(tx, role.id, place);
    await this.connect(tx, toHolder(userId), role, place);
  }

  /** As {@link giveDefault}, by the installation's own settings. Returns false where there is no such organization. */
  async welcome(tx: GraphTransaction, userId: string, organization: string): Promise<boolean> {
    const place = await this.assignments.findOrganization(tx, organization);
    if (place === undefined) return false;
    const role = await findDefault(tx);
    if (role) await this.connect(tx, toHolder(userId), role, place);
    return true;
  }

  protected async find(reader: GraphReader, id: string): Promise<RoleHolder> {
    if (!isId(id) || !(await reader.find(User, { id }))) throw notFound('The user');
    return toHolder(id);
  }

  protected async lock(tx: GraphTransaction, id: string): Promise<RoleHolder> {
    if (!isId(id) || !(await tx.lock(User, id))) throw notFound('The user');
    return toHolder(id);
  }
}

function toHolder(id: string): RoleHolder {
  return { vertex: ref(User, id), noun: 'user' };
}

async function findDefault(tx: GraphTransaction): Promise<RoleVertex | undefined> {
  const { items } = await tx.list(Role, { where: { is_default: true }, limit: 1 });
  return items[0];
}
