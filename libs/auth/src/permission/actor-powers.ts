import { Injectable } from '@nestjs/common';
import { DomainError } from '#libs/common';
import type { GraphTransaction } from '#libs/graph';
import { unauthenticated } from '../auth-problems.js';
import { type AuthContext, currentAuth } from '../principal/auth-context.js';
import type { Powers } from './powers.js';
import { PowersReadModel } from './powers.read-model.js';

/** Holds what the caller does to others against what the caller may do: nobody gives, or commands, more than that. */
@Injectable()
export class ActorPowers {
  constructor(private readonly readModel: PowersReadModel) {}

  /** @throws DomainError `beyond_own_powers` unless the caller is an administrator */
  assertAdmin(): void {
    if (!caller().isAdmin) throw beyondOwnPowers('Only administrators may do this.');
  }

  /** @throws DomainError `beyond_own_powers` where the account may do what the caller may not */
  async assertCoverPrincipal(tx: GraphTransaction, principalId: string): Promise<void> {
    const auth = caller();
    // Only who is there in person commands themselves: throws for keys and clients.
    if (auth.principal.id === principalId && auth.user) return;
    if (auth.isAdmin) return;
    this.assertCover(await this.own(tx), await this.readModel.of(principalId, tx));
  }

  /** @throws DomainError `beyond_own_powers` where the role gives what the caller does not hold in that place */
  async assertCoverRole(
    tx: GraphTransaction,
    roleId: string,
    organizationId: string | null,
    own?: Powers,
  ): Promise<void> {
    if (caller().isAdmin) return;
    this.assertCover(own ?? (await this.own(tx)), await this.readModel.ofRole(roleId, organizationId, tx));
  }

  /** @throws DomainError `beyond_own_powers` where the caller came by a key or client that lacks one of the scopes */
  assertWithinScopes(scopes: readonly string[]): void {
    const own = caller().credential.scopes;
    const lacking = own ? scopes.filter((scope) => !own.has(scope)) : [];
    if (lacking.length > 0) throw beyondOwnPowers('This goes beyond the scopes of what you call with.', lacking);
  }

  /** @throws DomainError `beyond_own_powers` where the caller does not hold each of these */
  async assertCoverPowers(tx: GraphTransaction, wanted: Powers): Promise<void> {
    if (!caller().isAdmin) this.assertCover(await this.own(tx), wanted);
  }

  /** What the caller may do as of now: for changes that could raise it before they are judged. */
  async own(tx: GraphTransaction): Promise<Powers> {
    const { principal, credential } = caller();
    const powers = await this.readModel.of(principal.id, tx);
    return credential.scopes ? powers.within(credential.scopes) : powers;
  }

  private assertCover(own: Powers, others: Powers): void {
    if (own.covers(others)) return;
    const lacking = own.lacking(others).map(({ permission }) => permission);
    throw beyondOwnPowers('This goes beyond what you may do yourself.', [...new Set(lacking)].sort());
  }
}

function caller(): AuthContext {
  const auth = currentAuth();
  if (!auth) throw unauthenticated();
  return auth;
}

function beyondOwnPowers(message: string, permissions: readonly string[] = []): DomainError {
  return new DomainError('beyond_own_powers', 'forbidden', message, { details: { permissions: [...permissions] } });
}
