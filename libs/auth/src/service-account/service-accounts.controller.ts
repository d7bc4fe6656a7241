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
import { AuditRead } from '../audit/audit-read.decorator.js';
import { ROLE_ASSIGNMENT_LIST } from '../permission/held-roles.js';
import { RolePlaceDto } from '../user/user.dto.js';
import {
  ServiceAccountPageDto,
  ServiceAccountResponseDto,
  ServiceAccountRolePageDto,
  ServiceAccountWriteDto,
} from './service-account.dto.js';
import { ServiceAccountRoles } from './service-account-roles.service.js';
import { SERVICE_ACCOUNT_LIST, ServiceAccounts } from './service-accounts.service.js';

@ApiTags('Service accounts')
@Controller('service-accounts')
export class ServiceAccountsController {
  constructor(
    private readonly accounts: ServiceAccounts,
    private readonly roles: ServiceAccountRoles,
  ) {}

  /**
   * Lists the service accounts.
   *
   * @remarks Sorted by name unless `sort` says otherwise.
   */
  @Get()
  @RequirePermission('service-account:read')
  @AuditRead('service_account.list', 'ServiceAccount')
  @Paged(SERVICE_ACCOUNT_LIST)
  listServiceAccounts(@Query() query: PageQueryDto): Promise<ServiceAccountPageDto> {
    return this.accounts.list(query);
  }

  /**
   * Creates a service account.
   *
   * @remarks It holds no roles and has no keys yet. The slug must be free (409 `already_exists`). Only administrators
   * make it one of theirs (403 `beyond_own_powers`).
   */
  @Post()
  @RequirePermission('service-account:create')
  @Location('/api/service-accounts/{slug}')
  @VersionedResponse()
  createServiceAccount(@Body() body: ServiceAccountWriteDto): Promise<ServiceAccountResponseDto> {
    return this.accounts.create(body);
  }

  /**
   * Reads a service account.
   *
   * @remarks Roles, keys and clients have lists of their own.
   */
  @Get(':slug')
  @RequirePermission('service-account:read')
  @AuditRead('service_account.read', 'ServiceAccount', 'slug')
  @VersionedResponse()
  getServiceAccount(@Param('slug') slug: string): Promise<ServiceAccountResponseDto> {
    return this.accounts.get(slug);
  }

  /**
   * Changes parts of a service account, by a merge patch or a JSON patch.
   *
   * @remarks Switched off, none of its keys and clients is let in from the next request on. Nobody changes an account
   * that may do more than they may themselves (403 `beyond_own_powers`).
   */
  @Patch(':slug')
  @RequirePermission('service-account:write')
  @Patches(ServiceAccountWriteDto)
  @VersionedResponse()
  updateServiceAccount(
    @Param('slug') slug: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<ServiceAccountResponseDto> {
    return this.accounts.patch(slug, patch, { version });
  }

  /**
   * Deletes a service account with its roles, keys and clients.
   *
   * @remarks All at once: none of them is let in from the next request on. Not for accounts that may do more than the
   * caller (403 `beyond_own_powers`).
   */
  @Delete(':slug')
  @HttpCode(204)
  @RequirePermission('service-account:delete')
  deleteServiceAccount(@Param('slug') slug: string, @IfMatch() version: number | undefined): Promise<void> {
    return this.accounts.delete(slug, { version });
  }

  /**
   * Lists the roles that a service account was given.
   *
   * @remarks By role, then by organization; those that come by a group are not among them.
   */
  @Get(':slug/roles')
  @RequirePermission('service-account:read')
  @AuditRead('service_account.role.list', 'ServiceAccount', 'slug')
  @Paged(ROLE_ASSIGNMENT_LIST)
  listServiceAccountRoles(
    @Param('slug') slug: string,
    @Query() query: PageQueryDto,
  ): Promise<ServiceAccountRolePageDto> {
    return this.roles.list(slug, query);
  }

  /**
   * Gives a service account a role, in an organization or everywhere.
   *
   * @remarks It counts from the account’s next request on, within the scopes of its key or client. Nobody gives what they
   * do not hold themselves in that place (403 `beyond_own_powers`).
   */
  @Put(':slug/roles/:role')
  @HttpCode(204)
  @RequirePermission('service-account:write')
  giveServiceAccountRole(
    @Param('slug') slug: string,
    @Param('role') role: string,
    @Query() place: RolePlaceDto,
  ): Promise<void> {
    return this.roles.give(slug, role, place.organization);
  }

  /**
   * Takes a role from a service account, in an organization or everywhere.
   *
   * @remarks Exactly the role of that place: taking it everywhere leaves what was given in an organization.
   */
  @Delete(':slug/roles/:role')
  @HttpCode(204)
  @RequirePermission('service-account:write')
  takeServiceAccountRole(
    @Param('slug') slug: string,
    @Param('role') role: string,
    @Query() place: RolePlaceDto,
  ): Promise<void> {
    return this.roles.take(slug, role, place.organization);
  }
}
