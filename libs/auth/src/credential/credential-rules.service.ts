import { Inject, Injectable } from '@nestjs/common';
import { type FieldError, invalid } from '#libs/common';
import { CONFIG, type Config } from '#libs/config';
import type { GraphTransaction } from '#libs/graph';
import { unauthenticated } from '../auth-problems.js';
import { type CheckedProof, FreshProof, type Proof } from '../mfa/fresh-proof.service.js';
import { freshProofRequired } from '../mfa/mfa-problems.js';
import { User } from '../model/identity.vertex.js';
import { ActorPowers } from '../permission/actor-powers.js';
import { PowersReadModel } from '../permission/powers.read-model.js';
import { type AuthContext, currentAuth } from '../principal/auth-context.js';
import { RolesRepository } from '../role/roles.repository.js';

/** What keys and clients have in common of what their owners decide on. */
export interface CredentialTerms {
  readonly scopes: readonly string[];
  readonly expires_at: string | null;
}

/**
 * What is asked of whoever makes a key or client, or makes one reach further: a person must be there, with a fresh proof;
 * a service account gives no more, and for no longer, than the credential that it came with; and nothing is given that
 * the owner does not hold.
 */
@Injectable()
export class CredentialRules {
  constructor(
    private readonly powers: ActorPowers,
    private readonly readModel: PowersReadModel,
    private readonly permissions: RolesRepository,
    private readonly proof: FreshProof,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Call it before the transaction: it may compute a hash. Service accounts have nothing to prove it with.
   * @throws DomainError `interactive_session_required`, `fresh_proof_required`, `fresh_proof_wrong`, `login_throttled`
   */
  async prove(proof: Proof): Promise<CheckedProof | undefined> {
    return caller().principal.kind === 'user' ? this.proof.check(proof) : undefined;
  }

  /** Uses the proof up, in the transaction of what it was asked for. */
  async spend(tx: GraphTransaction, proof: CheckedProof | undefined): Promise<void> {
    if (!proof) return;
    await tx.lock(User, proof.userId);
    await this.proof.spend(tx, proof);
  }

  /**
   * Whether the caller may widen something, where the call has no room for a proof; for {@link assertMayWiden}, before
   * the transaction. @throws DomainError `interactive_session_required`
   */
  async mayWiden(): Promise<boolean> {
    assertInPerson();
    return caller().principal.kind === 'service_account' || this.proof.isRecent();
  }

  /** @throws DomainError `fresh_proof_required` where the terms reach further than those before, without {@link mayWiden} */
  async assertTerms(
    tx: GraphTransaction,
    ownerId: string,
    terms: CredentialTerms,
    before: CredentialTerms,
    mayWiden: boolean,
  ): Promise<void> {
    const added = terms.scopes.filter((scope) => !before.scopes.includes(scope));
    const isLonger = lifeOf(terms) > lifeOf(before);
    if ((added.length > 0 || isLonger) && !mayWiden) throw freshProofRequired();
    if (isLonger) this.powers.assertWithinScopes(terms.scopes);
    if (added.length > 0) await this.assertScopes(tx, ownerId, terms.scopes, added);
  }

  /**
   * @param added those of `scopes` that are asked for anew; for the others, somebody was allowed to give them before
   * @throws DomainError `validation_failed` where a scope is unknown or the owner holds it nowhere, `beyond_own_powers`
   */
  async assertScopes(
    tx: GraphTransaction,
    ownerId: string,
    scopes: readonly string[],
    added: readonly string[] = scopes,
  ): Promise<void> {
    const known = await this.permissions.findPermissions(tx, added);
    const held = await this.readModel.of(ownerId, tx);
    const faults = scopes.flatMap((scope, index): FieldError[] => {
      if (!added.includes(scope)) return [];
      const pointer = `/scopes/${index}`;
      if (!known.has(scope)) {
        return [{ pointer, code: 'unknown_reference', message: `There is no permission "${scope}".` }];
      }
      if (held.holdsSomewhere(scope)) return [];
      return [{ pointer, code: 'not_held', message: `The owner does not hold "${scope}" anywhere.` }];
    });
    if (faults.length > 0) throw invalid(faults);
    this.powers.assertWithinScopes(scopes);
  }

  /** When a key ends that is asked to end then: the longest there is where nothing is asked. @throws DomainError `validation_failed` */
  keyExpiry(asked: string | null | undefined, now = new Date()): string {
    const latest = this.latest(now.getTime() + this.config.auth.apiKeyTtlMax * 1000);
    return this.expiry(asked ?? new Date(latest).toISOString(), latest, now);
  }

  /** When a client ends; it need not. @throws DomainError `validation_failed` */
  clientExpiry(asked: string | null | undefined, now = new Date()): string | null {
    const latest = this.latest(Number.POSITIVE_INFINITY);
    if (asked) return this.expiry(asked, latest, now);
    return latest === Number.POSITIVE_INFINITY ? null : new Date(latest).toISOString();
  }

  private expiry(asked: string, latest: number, now: Date): string {
    const time = Date.parse(asked);
    if (time <= now.getTime()) throw invalidExpiry('in_the_past', 'must be in the future');
    if (time > latest) throw invalidExpiry('too_late', `must not be after ${new Date(latest).toISOString()}`);
    return new Date(time).toISOString();
  }

  /** What a key or client makes does not outlive it. */
  private latest(most: number): number {
    const { expiresAt } = caller().credential;
    return expiresAt === undefined ? most : Math.min(most, Date.parse(expiresAt));
  }
}

/**
 * A user must be there in person, and not by a key.
 * @throws DomainError `interactive_session_required`
 */
export function assertInPerson(): void {
  const auth = caller();
  if (auth.principal.kind === 'user') auth.assertInPerson();
}

function caller(): AuthContext {
  const auth = currentAuth();
  if (!auth) throw unauthenticated();
  return auth;
}

function lifeOf({ expires_at }: CredentialTerms): number {
  return expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(expires_at);
}

function invalidExpiry(code: string, message: string): Error {
  return invalid([{ pointer: '/expires_at', code, message }]);
}
