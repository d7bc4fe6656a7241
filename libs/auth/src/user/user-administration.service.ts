import { Inject, Injectable, Optional } from '@nestjs/common';
import { DomainError, isId, type JsonObject, notFound } from '#libs/common';
import { Graph, type GraphTransaction } from '#libs/graph';
import {
  applyPatch,
  assertExpected,
  type Expectation,
  type ListDefinition,
  type Page,
  type PageQueryDto,
  Pages,
  type PatchDocument,
  toCursorPosition,
  toDocument,
  toGraphFilter,
  toGraphOrder,
  toKeysetPosition,
  validateDocument,
  writableDocument,
} from '#libs/http';
import { recordAudit } from '../audit/audit.js';
import { removeCredentialsOf } from '../credential/credentials.repository.js';
import { MfaRepository } from '../mfa/mfa.repository.js';
import { emailKey, User } from '../model/identity.vertex.js';
import { removeIdentitiesOf } from '../oauth/identity/identities.repository.js';
import { assertSomebodyGetsIn } from '../oauth/local-auth/way-in.js';
import { ActorPowers } from '../permission/actor-powers.js';
import { SessionsService } from '../session/sessions.service.js';
import { type UserCreateDto, type UserResponseDto, UserWriteDto } from './user.dto.js';
import { NO_USER_IMAGES, USER_IMAGES, type UserImages } from './user-images.js';
import { UserRoles } from './user-roles.service.js';
import { UsersRepository } from './users.repository.js';
import { UsersService, type UserVertex } from './users.service.js';

export const USER_LIST: ListDefinition = {
  sortable: ['display_name', 'email', 'created_at'],
  defaultSort: 'display_name',
  filterable: {
    email: { type: 'text' },
    display_name: { type: 'text' },
    is_active: { type: 'boolean' },
    is_admin: { type: 'boolean' },
  },
};

// Fields of the answer that no patch may touch.
const SERVER_OWNED = ['has_password', 'last_login_at'];

/** Users as those see them who manage them. Everything is bounded by what the caller may do: see {@link ActorPowers}. */
@Injectable()
export class UserAdministration {
  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly users: UsersService,
    private readonly repository: UsersRepository,
    private readonly sessions: SessionsService,
    private readonly powers: ActorPowers,
    private readonly roles: UserRoles,
    private readonly mfa: MfaRepository,
    @Optional() @Inject(USER_IMAGES) private readonly images: UserImages = NO_USER_IMAGES,
  ) {}

  async list(query: PageQueryDto): Promise<Page<UserResponseDto>> {
    const request = this.pages.read('users', query, USER_LIST);
    const where = toGraphFilter(request.filters);
    const { items } = await this.graph.read.list(User, {
      where,
      order: toGraphOrder(request.sort),
      after: toKeysetPosition(request.after),
      limit: request.limit + 1,
    });
    const total = request.count ? await this.graph.read.count(User, where) : undefined;
    const withPassword = await this.repository.withPassword(items.map(({ id }) => id));
    return this.pages.answer(request, items, {
      item: (user) => toUserResponse(user, withPassword.has(user.id)),
      position: (user) => toCursorPosition(request.sort, user),
      total,
    });
  }

  async get(id: string): Promise<UserResponseDto> {
    const user = isId(id) ? await this.graph.read.find(User, { id }) : undefined;
    if (!user) throw notFound('The user');
    return this.respond(user);
  }

  async create(write: UserCreateDto): Promise<UserResponseDto> {
    const { email, display_name, password, is_active, is_admin, organization, avatar } = write;
    if (is_admin) this.powers.assertAdmin();
    const user = { email, displayName: display_name, password, isAdmin: is_admin, avatar };
    const hash = await this.users.hashNew(password, user);
    return this.graph.transaction(async (tx) => {
      const inserted = await this.users.insert(tx, user, hash);
      await this.images.use(tx, { userId: inserted.id, before: null, after: inserted.avatar });
      if (organization !== undefined) await this.roles.giveDefault(tx, inserted.id, organization);
      const off = is_active === false ? await tx.patch(User, inserted.id, { set: { is_active: false } }) : undefined;
      tx.emit('user.created', { user_id: inserted.id, has_password: hash !== undefined });
      return toUserResponse(off?.after ?? inserted, hash !== undefined);
    });
  }

  async patch(id: string, patch: PatchDocument, expected: Expectation): Promise<UserResponseDto> {
    return this.graph.transaction(async (tx) => {
      const { user, hasPassword } = await this.lock(tx, id, expected);
      const document = applyPatch(patch, toDocument(toUserResponse(user, hasPassword)), { serverOwned: SERVER_OWNED });
      const write = await validateDocument(UserWriteDto, writableDocument(document, SERVER_OWNED));
      const set = toProperties(write, user);
      if (set.is_admin !== user.is_admin) this.powers.assertAdmin();
      if (!set.is_admin || !set.is_active) await this.assertNotLastAdmin(tx, user);
      const result = await tx.patch(User, id, { set });
      if (!result) throw notFound('The user');
      await this.images.use(tx, { userId: id, before: user.avatar, after: result.after.avatar });
      if (user.is_admin) await assertSomebodyGetsIn(tx);
      if (user.is_active && !set.is_active) await this.sessions.endAllIn(tx.transaction, id, 'revoked');
      if (set.email_key !== user.email_key) tx.emit('user.email_changed', { user_id: id });
      if (result.changed) this.audit(tx, 'user.update', id, changesOf(user, result.after));
      return toUserResponse(result.after, hasPassword);
    });
  }

  async delete(id: string, expected: Expectation): Promise<void> {
    await this.graph.transaction(async (tx) => {
      const { user } = await this.lock(tx, id, expected, true);
      await this.assertNotLastAdmin(tx, user);
      await this.sessions.removeAllIn(tx.transaction, id);
      await removeIdentitiesOf(tx, id);
      await this.mfa.removeAll(tx, id);
      const removed = await removeCredentialsOf(tx, id);
      await this.images.release(tx, id);
      await tx.remove(User, id);
      if (user.is_admin) await assertSomebodyGetsIn(tx);
      this.audit(tx, 'user.delete', id, removed);
      tx.emit('user.deleted', { id });
    });
  }

  async setPassword(id: string, password: string): Promise<void> {
    const { email, display_name } = await this.get(id);
    const hash = await this.users.hashNew(password, { email, displayName: display_name });
    await this.graph.transaction(async (tx) => {
      await this.lock(tx, id);
      await this.users.storePassword(tx, id, hash);
    });
  }

  /** The user, kept from others until the transaction ends, and not mightier than the caller. */
  private async lock(tx: GraphTransaction, id: string, expected: Expectation = {}, forRemoval = false) {
    const user = isId(id) ? await tx.lock(User, id, { forRemoval }) : undefined;
    if (!user) throw notFound('The user');
    assertExpected('user', expected, user.version);
    await this.powers.assertCoverPrincipal(tx, id);
    return { user, hasPassword: (await this.repository.withPassword([id], tx)).has(id) };
  }

  private async assertNotLastAdmin(tx: GraphTransaction, user: UserVertex): Promise<void> {
    if (!user.is_admin || !user.is_active) return;
    if (await this.repository.lockOtherAdmins(tx, user.id)) return;
    throw new DomainError('last_admin', 'conflict', 'This is the last active administrator; make another one first.');
  }

  private async respond(user: UserVertex): Promise<UserResponseDto> {
    return toUserResponse(user, (await this.repository.withPassword([user.id])).has(user.id));
  }

  private audit(tx: GraphTransaction, action: string, id: string, detail?: JsonObject): void {
    recordAudit(tx.transaction, { action, outcome: 'success', resourceKind: 'User', resourceId: id, detail });
  }
}

/** Which fields are others now; values only where they decide on what somebody may do. */
function changesOf(before: UserVertex, after: UserVertex): JsonObject {
  const changed = (['email', 'display_name', 'avatar', 'is_active', 'is_admin'] as const).filter(
    (field) => before[field] !== after[field],
  );
  const { is_active, is_admin } = after;
  return { changed, is_active, is_admin };
}

function toProperties({ email, display_name, is_active, is_admin, avatar }: UserWriteDto, current: UserVertex) {
  return {
    email: email.trim(),
    email_key: emailKey(email),
    email_verified_at: emailKey(email) === current.email_key ? current.email_verified_at : null,
    display_name,
    is_active: is_active ?? current.is_active,
    is_admin: is_admin ?? current.is_admin,
    avatar: avatar ?? null,
  };
}

function toUserResponse(user: UserVertex, hasPassword: boolean): UserResponseDto {
  const { id, email, display_name, is_active, is_admin, avatar, last_login_at, created_at, updated_at, version } = user;
  return {
    id,
    email,
    display_name,
    is_active,
    is_admin,
    avatar,
    has_password: hasPassword,
    last_login_at,
    created_at,
    updated_at,
    version,
  };
}
