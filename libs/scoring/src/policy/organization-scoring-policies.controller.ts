import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InOrganization, type OrganizationScope } from '#libs/catalog';
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
import { scopeOf } from './policy-scope.js';
import { POLICY_LIST, ScoringPolicies } from './scoring-policies.service.js';
import { ScoringPolicyPageDto, ScoringPolicyResponseDto, ScoringPolicyWriteDto } from './scoring-policy.dto.js';

@ApiTags('Scoring')
@Controller('organizations/:org/scoring-policies')
export class OrganizationScoringPoliciesController {
  constructor(private readonly policies: ScoringPolicies) {}

  /**
   * Lists the scoring policies of an organization.
   *
   * @remarks In the order of their priority unless `sort` says otherwise.
   */
  @Get()
  @RequirePermission('scoring-policy:read')
  @Paged(POLICY_LIST)
  listOrganizationScoringPolicies(
    @InOrganization() scope: OrganizationScope,
    @Query() query: PageQueryDto,
  ): Promise<ScoringPolicyPageDto> {
    return this.policies.list(scopeOf(scope.id), query);
  }

  /**
   * Creates an organization’s scoring policy.
   *
   * @remarks Together with what it is for, in one transaction. Ranges that overlap are refused (422) with both of them
   * named. The scores of the projects that it concerns are computed soon after.
   */
  @Post()
  @RequirePermission('scoring-policy:create')
  @Location('/api/organizations/{org}/scoring-policies/{slug}')
  @VersionedResponse()
  createOrganizationScoringPolicy(
    @InOrganization() scope: OrganizationScope,
    @Body() body: ScoringPolicyWriteDto,
  ): Promise<ScoringPolicyResponseDto> {
    return this.policies.create(scopeOf(scope.id), body);
  }

  /**
   * Reads an organization’s scoring policy.
   *
   * @remarks With `If-None-Match`, an unchanged policy is answered 304 without a body.
   */
  @Get(':slug')
  @RequirePermission('scoring-policy:read')
  @VersionedResponse()
  getOrganizationScoringPolicy(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
  ): Promise<ScoringPolicyResponseDto> {
    return this.policies.get(scopeOf(scope.id), slug);
  }

  /**
   * Replaces an organization’s scoring policy: what the body leaves out is cleared.
   *
   * @remarks The whole document, as for creating. A stale `If-Match` is refused (412 `version_mismatch`).
   */
  @Put(':slug')
  @RequirePermission('scoring-policy:write')
  @VersionedResponse()
  replaceOrganizationScoringPolicy(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @Body() body: ScoringPolicyWriteDto,
    @IfMatch() version: number | undefined,
  ): Promise<ScoringPolicyResponseDto> {
    return this.policies.replace(scopeOf(scope.id), slug, body, { version });
  }

  /**
   * Changes parts of an organization’s scoring policy, by a merge patch or a JSON patch.
   *
   * @remarks The patched document is checked again as a whole (422 `validation_failed`).
   */
  @Patch(':slug')
  @RequirePermission('scoring-policy:write')
  @Patches(ScoringPolicyWriteDto)
  @VersionedResponse()
  updateOrganizationScoringPolicy(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<ScoringPolicyResponseDto> {
    return this.policies.patch(scopeOf(scope.id), slug, patch, { version });
  }

  /**
   * Deletes an organization’s scoring policy.
   *
   * @remarks The scores of the projects that it concerned are computed soon after.
   */
  @Delete(':slug')
  @HttpCode(204)
  @RequirePermission('scoring-policy:delete')
  deleteOrganizationScoringPolicy(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
    @IfMatch() version: number | undefined,
  ): Promise<void> {
    return this.policies.delete(scopeOf(scope.id), slug, { version });
  }
}
