import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
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
import { PermissionPageDto, RolePageDto, RoleResponseDto, RoleWriteDto } from './role.dto.js';
import { PERMISSION_LIST, ROLE_LIST, RolesService } from './roles.service.js';

@ApiTags('Roles')
@Controller('roles')
export class RolesController {
  constructor(private readonly roles: RolesService) {}

  /**
   * Lists the roles.
   *
   * @remarks Sorted by name unless `sort` says otherwise.
   */
  @Get()
  @RequirePermission('role:read')
  @Paged(ROLE_LIST)
  listRoles(@Query() query: PageQueryDto): Promise<RolePageDto> {
    return this.roles.list(query);
  }

  /**
   * Creates a role.
   *
   * @remarks Nobody makes a role that grants what they do not hold everywhere themselves (403 `beyond_own_powers`).
   */
  @Post()
  @RequirePermission('role:create')
  @Location('/api/roles/{slug}')
  @VersionedResponse()
  createRole(@Body() body: RoleWriteDto): Promise<RoleResponseDto> {
    return this.roles.create(body);
  }

  /**
   * Reads a role.
   *
   * @remarks With what it grants by itself, and the roles it inherits from.
   */
  @Get(':slug')
  @RequirePermission('role:read')
  @VersionedResponse()
  getRole(@Param('slug') slug: string): Promise<RoleResponseDto> {
    return this.roles.get(slug);
  }

  /**
   * Changes parts of a role, by a merge patch or a JSON patch.
   *
   * @remarks It counts from the next request of everybody who holds the role. Neither before nor after may the role
   * grant what the caller does not hold everywhere (403 `beyond_own_powers`). With `require_mfa`, whoever
   * holds it without a second factor is asked to set one up (403 `mfa_enrollment_required`). Roles may not inherit in a circle (409
   * `role_cycle`); those of the product keep their slug (409 `system_role`).
   */
  @Patch(':slug')
  @RequirePermission('role:write')
  @Patches(RoleWriteDto)
  @VersionedResponse()
  updateRole(
    @Param('slug') slug: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<RoleResponseDto> {
    return this.roles.patch(slug, patch, { version });
  }

  /**
   * Deletes a role that nobody holds and none inherits from.
   *
   * @remarks Else 409 `in_use`, with counts. The roles of the product stay (409 `system_role`).
   */
  @Delete(':slug')
  @HttpCode(204)
  @RequirePermission('role:delete')
  deleteRole(@Param('slug') slug: string, @IfMatch() version: number | undefined): Promise<void> {
    return this.roles.delete(slug, { version });
  }
}

@ApiTags('Roles')
@Controller('permissions')
export class PermissionsController {
  constructor(private readonly roles: RolesService) {}

  /**
   * Lists the permissions that roles can grant.
   *
   * @remarks By name.
   */
  @Get()
  @RequirePermission('role:read')
  @Paged(PERMISSION_LIST)
  listPermissions(@Query() query: PageQueryDto): Promise<PermissionPageDto> {
    return this.roles.listPermissions(query);
  }
}
