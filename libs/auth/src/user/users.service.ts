import { Injectable } from '@nestjs/common';
import { type FieldError, invalid, notFound } from '#libs/common';
import { PasswordHasher, PasswordPolicy } from '#libs/crypto';
import type { Transaction } from '#libs/database';
import { Graph, type GraphTransaction, ref, type VertexOf } from '#libs/graph';
import { recordAudit } from '../audit/audit.js';
import { HasRole } from '../model/identity.edge.js';
import { emailKey, Role, User } from '../model/identity.vertex.js';
import { SessionsService } from '../session/sessions.service.js';

export type UserVertex = VertexOf<typeof User>;

export interface NewUser {
  readonly email: string;
  readonly displayName: string;
  /** Absent for users who sign in by a provider only. */
  readonly password?: string;
  readonly isAdmin?: boolean;
  readonly avatar?: string | null;
}

/** Where a role is held: one organization, or everywhere (null). */
export interface RoleAssignment {
  readonly userId: string;
  readonly role: string;
  readonly organizationId: string | null;
}

/** Users and their roles, for the commands and features that manage them. Whether the caller may is theirs to ask. */
@Injectable()
export class UsersService {
  constructor(
    private readonly graph: Graph,
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
    private readonly sessions: SessionsService,
  ) {}

  /** @throws DomainError `validation_failed` where the password breaks the policy, `already_exists` for the e-mail */
  async create(user: NewUser): Promise<UserVertex> {
    const passwordHash = await this.hashNew(user.password, user);
    return this.graph.transaction((tx) => this.insert(tx, user, passwordHash));
  }

  /** Inserts a user whose password was hashed before the transaction began: hashing takes too long to be in one. */
  async insert(tx: GraphTransaction, user: NewUser, passwordHash: string | undefined): Promise<UserVertex> {
    const inserted = await tx.insert(User, {
      email: user.email.trim(),
      email_key: emailKey(user.email),
      display_name: user.displayName,
      avatar: user.avatar ?? null,
      password_hash: passwordHash,
      is_active: true,
      is_admin: user.isAdmin ?? false,
    });
    recordAudit(tx.transaction, {
      action: 'user.create',
      outcome: 'success',
      resourceKind: 'User',
      resourceId: inserted.id,
      detail: { is_admin: inserted.is_admin },
    });
    return inserted;
  }

  /** Checks a new password against the policy and hashes it. @throws DomainError `validation_failed` */
  async hashNew(
    password: string | undefined,
    owner: { email: string; displayName: string },
    pointer = '/password',
  ): Promise<string | undefined> {
    if (password === undefined) return undefined;
    const faults: FieldError[] = this.policy.check(password, { email: owner.email, name: owner.displayName }, pointer);
    if (faults.length > 0) throw invalid(faults, 'The password does not meet the policy.');
    return this.hasher.hash(password);
  }

  /**
   * Stores a password that was hashed before the transaction began, and ends the user's sessions but for the one that
   * `exceptSession` names: whoever knew the old password is out.
   */
  async storePassword(
    tx: GraphTransaction,
    userId: string,
    hash: string | undefined,
    exceptSession?: string,
  ): Promise<void> {
    const before = await tx.reveal(User, userId, 'password_hash');
    const patched = await tx.patch(User, userId, { set: { password_hash: hash ?? null } });
    if (!patched) throw notFound('The user');
    // A first password is no change that its owner would have to hear of.
    if (typeof before === 'string') tx.emit('user.password_changed', { user_id: userId });
    await this.sessions.endAllIn(tx.transaction, userId, 'credentials_changed', exceptSession);
    audit(tx.transaction, 'user.password.change', userId);
  }

  /** Switches a user off or on; switching off ends every session in the same transaction. */
  async setActive(userId: string, isActive: boolean): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const patched = await tx.patch(User, userId, { set: { is_active: isActive } });
      if (!patched) throw notFound('The user');
      if (!isActive) await this.sessions.endAllIn(tx.transaction, userId, 'revoked');
      audit(tx.transaction, isActive ? 'user.activate' : 'user.deactivate', userId);
    });
  }

  /** Gives a role; giving it twice is giving it once. @throws DomainError `not_found` */
  async assignRole({ userId, role, organizationId }: RoleAssignment): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const found = await tx.find(Role, { slug: role });
      if (!found) throw notFound(`The role "${role}"`);
      const edge = { from: ref(User, userId), to: found.id, properties: { organization_id: organizationId } };
      const added = await tx.connectMany(HasRole, [edge], { onConflict: 'skip' });
      if (added.length > 0)
        audit(tx.transaction, 'user.role.assign', userId, { role, organization_id: organizationId });
    });
  }
}

function audit(
  tx: Transaction,
  action: string,
  userId: string,
  detail?: Parameters<typeof recordAudit>[1]['detail'],
): void {
  recordAudit(tx, { action, outcome: 'success', resourceKind: 'User', resourceId: userId, detail });
}
