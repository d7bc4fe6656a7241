import { Injectable } from '@nestjs/common';
import { isId, notFound } from '#libs/common';
import { type GraphReader, type GraphTransaction, ref, type VertexRef } from '#libs/graph';
import { unauthenticated } from '../auth-problems.js';
import { ServiceAccount, User } from '../model/identity.vertex.js';
import { ActorPowers } from '../permission/actor-powers.js';
import { type AuthContext, currentAuth } from '../principal/auth-context.js';
import { findServiceAccount, lockServiceAccount } from '../service-account/service-accounts.service.js';

const LABELS = { user: User, service_account: ServiceAccount };

/** Whose keys and clients the routes speak of; who changes those of another must not be less mighty. */
@Injectable()
export class Owners {
  constructor(private readonly powers: ActorPowers) {}

  /** The caller. @throws DomainError `interactive_session_required` for all but users who are there in person */
  inPerson(): VertexRef {
    return ref(User, caller().assertInPerson().id);
  }

  /** The caller, where they ask about the very key that they call with; else as {@link inPerson}. */
  ownOf(keyId: string): VertexRef {
    const { credential, principal } = caller();
    const isOwn = credential.kind === 'api_key' && credential.id === keyId;
    return isOwn ? ref(LABELS[principal.kind], principal.id) : this.inPerson();
  }

  /** @throws DomainError `not_found` */
  async serviceAccount(reader: GraphReader, slug: string): Promise<VertexRef> {
    return ref(ServiceAccount, (await findServiceAccount(reader, slug)).id);
  }

  /** @throws DomainError `not_found`, `beyond_own_powers` */
  async lockServiceAccount(tx: GraphTransaction, slug: string): Promise<VertexRef> {
    const { id } = await lockServiceAccount(tx, slug);
    await this.powers.assertCoverPrincipal(tx, id);
    return ref(ServiceAccount, id);
  }

  /** @throws DomainError `not_found` */
  async user(reader: GraphReader, id: string): Promise<VertexRef> {
    if (!isId(id) || !(await reader.find(User, { id }))) throw notFound('The user');
    return ref(User, id);
  }

  /** @throws DomainError `not_found`, `beyond_own_powers` */
  async lockUser(tx: GraphTransaction, id: string): Promise<VertexRef> {
    if (!isId(id) || !(await tx.lock(User, id))) throw notFound('The user');
    await this.powers.assertCoverPrincipal(tx, id);
    return ref(User, id);
  }

  async lock(tx: GraphTransaction, owner: VertexRef): Promise<VertexRef> {
    if (!(await tx.lock(owner.definition, owner.id))) throw unauthenticated();
    return owner;
  }
}

function caller(): AuthContext {
  const auth = currentAuth();
  if (!auth) throw unauthenticated();
  return auth;
}
