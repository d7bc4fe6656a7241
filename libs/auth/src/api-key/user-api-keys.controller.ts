import { Controller, Delete, Get, HttpCode, Param, Patch, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  IfMatch,
  Paged,
  PageQueryDto,
  PatchBody,
  type PatchDocument,
  Patches,
  RequirePermission,
  VersionedResponse,
} from '#libs/http';
import { AuditRead } from '../audit/audit-read.decorator.js';
import { Owners } from '../credential/owners.service.js';
import { ApiKeyPageDto, ApiKeyResponseDto, ApiKeyWriteDto } from './api-key.dto.js';
import { API_KEY_LIST, ApiKeys } from './api-keys.service.js';

/** Nobody makes a key in the name of somebody else, and so nobody else sees its secret. */
@ApiTags('Users')
@Controller('users/:id/api-keys')
export class UserApiKeysController {
  constructor(
    private readonly keys: ApiKeys,
    private readonly owners: Owners,
  ) {}

  /**
   * Lists the API keys of a user.
   *
   * @remarks The newest first, without their secrets.
   */
  @Get()
  @RequirePermission('user:read')
  @AuditRead('user.api_key.list', 'User', 'id')
  @Paged(API_KEY_LIST)
  listUserApiKeys(@Param('id') id: string, @Query() query: PageQueryDto): Promise<ApiKeyPageDto> {
    return this.keys.list((reader) => this.owners.user(reader, id), query);
  }

  /**
   * Reads an API key of a user.
   *
   * @remarks Without its secret.
   */
  @Get(':key')
  @RequirePermission('user:read')
  @VersionedResponse()
  getUserApiKey(@Param('id') id: string, @Param('key') key: string): Promise<ApiKeyResponseDto> {
    return this.keys.get((reader) => this.owners.user(reader, id), key);
  }

  /**
   * Changes parts of an API key of a user, by a merge patch or a JSON patch.
   *
   * @remarks Administrators raise the limit of a key here, by `requests_per_minute`. Not for keys of accounts that may do
   * more than the caller (403 `beyond_own_powers`).
   */
  @Patch(':key')
  @RequirePermission('user:write')
  @Patches(ApiKeyWriteDto)
  @VersionedResponse()
  updateUserApiKey(
    @Param('id') id: string,
    @Param('key') key: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<ApiKeyResponseDto> {
    return this.keys.patch((tx) => this.owners.lockUser(tx, id), key, patch, { version });
  }

  /**
   * Revokes an API key of a user.
   *
   * @remarks It is refused from the next request on, on every server. Not for keys of accounts that may do more than the
   * caller (403 `beyond_own_powers`).
   */
  @Delete(':key')
  @HttpCode(204)
  @RequirePermission('user:write')
  revokeUserApiKey(@Param('id') id: string, @Param('key') key: string): Promise<void> {
    return this.keys.revoke((tx) => this.owners.lockUser(tx, id), key);
  }
}
