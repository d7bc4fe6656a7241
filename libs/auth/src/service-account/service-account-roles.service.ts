import { Injectable } from '@nestjs/common';
import { type GraphReader, type GraphTransaction, ref } from '#libs/graph';
import { ServiceAccount } from '../model/identity.vertex.js';
import { HeldRoles, type RoleHolder } from '../permission/held-roles.js';
import { findServiceAccount, lockServiceAccount, type ServiceAccountVertex } from './service-accounts.service.js';

/** Roles that service accounts hold by themselves. */
@Injectable()
export class ServiceAccountRoles extends HeldRoles {
  protected async find(reader: GraphReader, slug: string): Promise<RoleHolder> {
    return toHolder(await findServiceAccount(reader, slug));
  }

  protected async lock(tx: GraphTransaction, slug: string): Promise<RoleHolder> {
    return toHolder(await lockServiceAccount(tx, slug));
  }
}

function toHolder({ id, slug }: ServiceAccountVertex): RoleHolder {
  return { vertex: ref(ServiceAccount, id), noun: 'service account', detail: { slug } };
}
