import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  IfMatch,
  Location,
  NoIdempotencyStore,
  Paged,
  PageQueryDto,
  PatchBody,
  type PatchDocument,
  Patches,
  RequirePermission,
  VersionedResponse,
} from '#libs/http';
import { AuditRead } from '../audit/audit-read.decorator.js';
import { SessionPageDto } from '../http/me.dto.js';
import { MfaService } from '../mfa/mfa.service.js';
import { ROLE_ASSIGNMENT_LIST } from '../permission/held-roles.js';
import { SESSION_LIST } from '../session/session-pages.js';
import {
  RolePlaceDto,
  UserCreateDto,
  UserPageDto,
  UserPasswordDto,
  UserResponseDto,
  UserRolePageDto,
  UserWriteDto,
} from './user.dto.js';
import { USER_LIST, UserAdministration } from './user-administration.service.js';
import { UserRoles } from './user-roles.service.js';
import { UserSessions } from './user-sessions.service.js';
import { UserUnlock } from './user-unlock.service.js';

@ApiTags('Users')
@Controller('users')
export class UsersController {
  constructor(
    private readonly users: UserAdministration,
    private readonly roles: UserRoles,
    private readonly sessions: UserSessions,
    private readonly locks: UserUnlock,
    private readonly mfa: MfaService,
  ) {}

  /**
   * Lists the users.
   *
   * @remarks Sorted by name unless `sort` says otherwise.
   */
  @Get()
  @RequirePermission('user:read')
  @AuditRead('user.list', 'User')
  @Paged(USER_LIST)
  listUsers(@Query() query: PageQueryDto): Promise<UserPageDto> {
    return this.users.list(query);
  }

  /**
   * Creates a user.
   *
   * @remarks The address must be free (409 `already_exists`) and the password meet the policy (422). With
   * `organization`, the user holds the default role there; more are given by `PUT /users/{id}/roles/{role}`. Only
   * administrators make administrators (403 `beyond_own_powers`).
   */
  @Post()
  @RequirePermission('user:create')
  @NoIdempotencyStore()
  @Location('/api/users/{id}')
  @VersionedResponse()
  createUser(@Body() body: UserCreateDto): Promise<UserResponseDto> {
    return this.users.create(body);
  }

  /**
   * Reads a user.
   *
   * @remarks Passwords and other credentials are never answered.
   */
  @Get(':id')
  @RequirePermission('user:read')
  @AuditRead('user.read', 'User', 'id')
  @VersionedResponse()
  getUser(@Param('id') id: string): Promise<UserResponseDto> {
    return this.users.get(id);
  }

  /**
   * Changes parts of a user, by a merge patch or a JSON patch.
   *
   * @remarks Switching a user off ends every session at once. Nobody changes an account that may do more than they may
   * themselves (403 `beyond_own_powers`), and the last active administrator stays one (409 `last_admin`).
   */
  @Patch(':id')
  @RequirePermission('user:write')
  @Patches(UserWriteDto)
  @VersionedResponse()
  updateUser(
    @Param('id') id: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<UserResponseDto> {
    return this.users.patch(id, patch, { version });
  }

  /**
   * Deletes a user with sessions, tokens and roles.
   *
   * @remarks What the user wrote keeps the name in its history. The last active administrator cannot go (409
   * `last_admin`).
   */
  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('user:delete')
  deleteUser(@Param('id') id: string, @IfMatch() version: number | undefined): Promise<void> {
    return this.users.delete(id, { version });
  }

  /**
   * Gives a user a new password.
   *
   * @remarks Ends every session of the user. Nobody sets the password of an account that may do more than they may
   * themselves (403 `beyond_own_powers`).
   */
  @Put(':id/password')
  @HttpCode(204)
  @RequirePermission('user:write')
  @NoIdempotencyStore()
  setUserPassword(@Param('id') id: string, @Body() { password }: UserPasswordDto): Promise<void> {
    return this.users.setPassword(id, password);
  }

  /**
   * Lets a user sign in again without waiting.
   *
   * @remarks Forgets the failed sign-ins of the account, whose number makes the next ones wait. Not for accounts that may
   * do more than the caller (403 `beyond_own_powers`).
   */
  @Post(':id/unlock')
  @HttpCode(204)
  @RequirePermission('user:write')
  unlockUser(@Param('id') id: string): Promise<void> {
    return this.locks.unlock(id);
  }

  /**
   * Takes a user's second factor away, with its backup codes.
   *
   * @remarks For users who lost both. Ends every session of the user; the password alone is asked for from then on. Not
   * for accounts that may do more than the caller (403 `beyond_own_powers`).
   */
  @Delete(':id/mfa')
  @HttpCode(204)
  @RequirePermission('user:write')
  resetUserMfa(@Param('id') id: string): Promise<void> {
    return this.mfa.reset(id);
  }

  /**
   * Lists where a user is signed in.
   *
   * @remarks The sessions that are alive, newest first.
   */
  @Get(':id/sessions')
  @RequirePermission('user:read')
  @AuditRead('user.session.list', 'User', 'id')
  @Paged(SESSION_LIST)
  listUserSessions(@Param('id') id: string, @Query() query: PageQueryDto): Promise<SessionPageDto> {
    return this.sessions.list(id, query);
  }

  /**
   * Signs a user out of one place.
   *
   * @remarks At once and on every server. Not for accounts that may do more than the caller (403 `beyond_own_powers`).
   */
  @Delete(':id/sessions/:session')
  @HttpCode(204)
  @RequirePermission('user:write')
  endUserSession(@Param('id') id: string, @Param('session') session: string): Promise<void> {
    return this.sessions.end(id, session);
  }

  /**
   * Lists the roles that a user was given.
   *
   * @remarks By role, then by organization; those that come by a group are not among them.
   */
  @Get(':id/roles')
  @RequirePermission('user:read')
  @AuditRead('user.role.list', 'User', 'id')
  @Paged(ROLE_ASSIGNMENT_LIST)
  listUserRoles(@Param('id') id: string, @Query() query: PageQueryDto): Promise<UserRolePageDto> {
    return this.roles.list(id, query);
  }

  /**
   * Gives a user a role, in an organization or everywhere.
   *
   * @remarks It counts from the user’s next request on. Giving it twice is giving it once. Nobody gives what they do
   * not hold themselves in that place (403 `beyond_own_powers`).
   */
  @Put(':id/roles/:role')
  @HttpCode(204)
  @RequirePermission('user:write')
  giveUserRole(@Param('id') id: string, @Param('role') role: string, @Query() place: RolePlaceDto): Promise<void> {
    return this.roles.give(id, role, place.organization);
  }

  /**
   * Takes a role from a user, in an organization or everywhere.
   *
   * @remarks Exactly the role of that place: taking it everywhere leaves what was given in an organization.
   */
  @Delete(':id/roles/:role')
  @HttpCode(204)
  @RequirePermission('user:write')
  takeUserRole(@Param('id') id: string, @Param('role') role: string, @Query() place: RolePlaceDto): Promise<void> {
    return this.roles.take(id, role, place.organization);
  }
}
