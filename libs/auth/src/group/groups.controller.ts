import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  IfMatch,
  Location,
  Paged,
  PageQueryDto,
  PatchBody,
  type PatchDocument,
  Patches,
  RequirePermission,
  VersionedResponse,
} from '#libs/http';
import { ROLE_ASSIGNMENT_LIST } from '../permission/held-roles.js';
import { RolePlaceDto } from '../user/user.dto.js';
import { GroupMemberPageDto, GroupPageDto, GroupResponseDto, GroupRolePageDto, GroupWriteDto } from './group.dto.js';
import { GROUP_MEMBER_LIST, GroupMembers } from './group-members.service.js';
import { GroupRoles } from './group-roles.service.js';
import { GROUP_LIST, GroupsService } from './groups.service.js';

@ApiTags('Groups')
@Controller('groups')
export class GroupsController {
  constructor(
    private readonly groups: GroupsService,
    private readonly members: GroupMembers,
    private readonly roles: GroupRoles,
  ) {}

  /**
   * Lists the groups.
   *
   * @remarks Sorted by name unless `sort` says otherwise.
   */
  @Get()
  @RequirePermission('group:read')
  @Paged(GROUP_LIST)
  listGroups(@Query() query: PageQueryDto): Promise<GroupPageDto> {
    return this.groups.list(query);
  }

  /**
   * Creates a group.
   *
   * @remarks It has no members and no roles yet. The slug must be free (409 `already_exists`).
   */
  @Post()
  @RequirePermission('group:create')
  @Location('/api/groups/{slug}')
  @VersionedResponse()
  createGroup(@Body() body: GroupWriteDto): Promise<GroupResponseDto> {
    return this.groups.create(body);
  }

  /**
   * Reads a group.
   *
   * @remarks Members and roles have lists of their own.
   */
  @Get(':slug')
  @RequirePermission('group:read')
  @VersionedResponse()
  getGroup(@Param('slug') slug: string): Promise<GroupResponseDto> {
    return this.groups.get(slug);
  }

  /**
   * Changes parts of a group, by a merge patch or a JSON patch.
   *
   * @remarks A new slug changes the address and must be free (409 `already_exists`).
   */
  @Patch(':slug')
  @RequirePermission('group:write')
  @Patches(GroupWriteDto)
  @VersionedResponse()
  updateGroup(
    @Param('slug') slug: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<GroupResponseDto> {
    return this.groups.patch(slug, patch, { version });
  }

  /**
   * Deletes a group that has no members, no roles and no grants and is in no other group.
   *
   * @remarks Else 409 `in_use`, with counts.
   */
  @Delete(':slug')
  @HttpCode(204)
  @RequirePermission('group:delete')
  deleteGroup(@Param('slug') slug: string, @IfMatch() version: number | undefined): Promise<void> {
    return this.groups.delete(slug, { version });
  }

  /**
   * Lists the members of a group.
   *
   * @remarks By name; a nested group is one member, whoever is in it.
   */
  @Get(':slug/members')
  @RequirePermission('group:read')
  @Paged(GROUP_MEMBER_LIST)
  listGroupMembers(@Param('slug') slug: string, @Query() query: PageQueryDto): Promise<GroupMemberPageDto> {
    return this.members.list(slug, query);
  }

  /**
   * Puts a user into a group.
   *
   * @remarks The group’s roles count from the user’s next request on. Nobody puts others where they would hold what the
   * caller does not, nor commands a mightier account (403 `beyond_own_powers`).
   */
  @Put(':slug/members/users/:id')
  @HttpCode(204)
  @RequirePermission('group:write')
  addUserToGroup(@Param('slug') slug: string, @Param('id') id: string): Promise<void> {
    return this.members.addUser(slug, id);
  }

  /**
   * Takes a user out of a group.
   *
   * @remarks From the user’s next request on. Not for accounts that may do more than the caller (403
   * `beyond_own_powers`).
   */
  @Delete(':slug/members/users/:id')
  @HttpCode(204)
  @RequirePermission('group:write')
  removeUserFromGroup(@Param('slug') slug: string, @Param('id') id: string): Promise<void> {
    return this.members.removeUser(slug, id);
  }

  /**
   * Puts a service account into a group.
   *
   * @remarks The group’s roles count from the account’s next request on, within the scopes of its key or client. Nobody
   * puts an account where it would hold what the caller does not (403 `beyond_own_powers`).
   */
  @Put(':slug/members/service-accounts/:account')
  @HttpCode(204)
  @RequirePermission('group:write')
  addServiceAccountToGroup(@Param('slug') slug: string, @Param('account') account: string): Promise<void> {
    return this.members.addServiceAccount(slug, account);
  }

  /**
   * Takes a service account out of a group.
   *
   * @remarks From the account’s next request on. Not for accounts that may do more than the caller (403
   * `beyond_own_powers`).
   */
  @Delete(':slug/members/service-accounts/:account')
  @HttpCode(204)
  @RequirePermission('group:write')
  removeServiceAccountFromGroup(@Param('slug') slug: string, @Param('account') account: string): Promise<void> {
    return this.members.removeServiceAccount(slug, account);
  }

  /**
   * Puts a group into a group.
   *
   * @remarks The members of the one then hold the roles of both. Groups may not contain each other in a circle (409
   * `group_cycle`), and nobody gives what they do not hold (403 `beyond_own_powers`).
   */
  @Put(':slug/members/groups/:member')
  @HttpCode(204)
  @RequirePermission('group:write')
  addGroupToGroup(@Param('slug') slug: string, @Param('member') member: string): Promise<void> {
    return this.members.addGroup(slug, member);
  }

  /**
   * Takes a group out of a group.
   *
   * @remarks Its members lose what came by the outer group, from their next request on.
   */
  @Delete(':slug/members/groups/:member')
  @HttpCode(204)
  @RequirePermission('group:write')
  removeGroupFromGroup(@Param('slug') slug: string, @Param('member') member: string): Promise<void> {
    return this.members.removeGroup(slug, member);
  }

  /**
   * Lists the roles that a group was given.
   *
   * @remarks By role, then by organization; those that come by a group around it are not among them.
   */
  @Get(':slug/roles')
  @RequirePermission('group:read')
  @Paged(ROLE_ASSIGNMENT_LIST)
  listGroupRoles(@Param('slug') slug: string, @Query() query: PageQueryDto): Promise<GroupRolePageDto> {
    return this.roles.list(slug, query);
  }

  /**
   * Gives a group a role, in an organization or everywhere.
   *
   * @remarks It counts from the next request of every member. Nobody gives what they do not hold themselves in that
   * place (403 `beyond_own_powers`).
   */
  @Put(':slug/roles/:role')
  @HttpCode(204)
  @RequirePermission('group:write')
  giveGroupRole(@Param('slug') slug: string, @Param('role') role: string, @Query() place: RolePlaceDto): Promise<void> {
    return this.roles.give(slug, role, place.organization);
  }

  /**
   * Takes a role from a group, in an organization or everywhere.
   *
   * @remarks Exactly the role of that place: taking it everywhere leaves what was given in an organization.
   */
  @Delete(':slug/roles/:role')
  @HttpCode(204)
  @RequirePermission('group:write')
  takeGroupRole(@Param('slug') slug: string, @Param('role') role: string, @Query() place: RolePlaceDto): Promise<void> {
    return this.roles.take(slug, role, place.organization);
  }
}
