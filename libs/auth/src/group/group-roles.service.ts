import { Injectable } from '@nestjs/common';
import { type GraphReader, type GraphTransaction, ref } from '#libs/graph';
import { Group } from '../model/identity.vertex.js';
import { HeldRoles, type RoleHolder } from '../permission/held-roles.js';
import { findGroup, type GroupVertex, lockGroup } from './groups.service.js';

/** Roles that groups hold for their members. */
@Injectable()
export class GroupRoles extends HeldRoles {
  protected async find(reader: GraphReader, slug: string): Promise<RoleHolder> {
    return toHolder(await findGroup(reader, slug));
  }

  protected async lock(tx: GraphTransaction, slug: string): Promise<RoleHolder> {
    return toHolder(await lockGroup(tx, slug));
  }
}

function toHolder({ id, slug }: GroupVertex): RoleHolder {
  return { vertex: ref(Group, id), noun: 'group', detail: { slug } };
}
