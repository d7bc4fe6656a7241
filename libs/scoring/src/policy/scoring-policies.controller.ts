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
import { EVERYWHERE } from './policy-scope.js';
import { POLICY_LIST, ScoringPolicies } from './scoring-policies.service.js';
import { ScoringPolicyPageDto, ScoringPolicyResponseDto, ScoringPolicyWriteDto } from './scoring-policy.dto.js';

@ApiTags('Scoring')
@Controller('scoring-policies')
export class ScoringPoliciesController {
  constructor(private readonly policies: ScoringPolicies) {}

  /**
   * Lists the scoring policies that are for all organizations.
   *
   * @remarks In the order of their priority unless `sort` says otherwise.
   */
  @Get()
  @RequirePermission('scoring-policy:read')
  @Paged(POLICY_LIST)
  listScoringPolicies(@Query() query: PageQueryDto): Promise<ScoringPolicyPageDto> {
    return this.policies.list(EVERYWHERE, query);
  }

  /**
   * Creates a scoring policy for all organizations.
   *
   * @remarks Together with what it is for, in one transaction. Ranges that overlap are refused (422) with both of them
   * named. The scores of the projects that it concerns are computed soon after.
   */
  @Post()
  @RequirePermission('scoring-policy:create')
  @Location('/api/scoring-policies/{slug}')
  @VersionedResponse()
  createScoringPolicy(@Body() body: ScoringPolicyWriteDto): Promise<ScoringPolicyResponseDto> {
    return this.policies.create(EVERYWHERE, body);
  }

  /**
   * Reads a scoring policy for all organizations.
   *
   * @remarks With `If-None-Match`, an unchanged policy is answered 304 without a body.
   */
  @Get(':slug')
  @RequirePermission('scoring-policy:read')
  @VersionedResponse()
  getScoringPolicy(@Param('slug') slug: string): Promise<ScoringPolicyResponseDto> {
    return this.policies.get(EVERYWHERE, slug);
  }

  /**
   * Replaces a scoring policy for all organizations: what the body leaves out is cleared.
   *
   * @remarks The whole document, as for creating. A stale `If-Match` is refused (412 `version_mismatch`).
   */
  @Put(':slug')
  @RequirePermission('scoring-policy:write')
  @VersionedResponse()
  replaceScoringPolicy(
    @Param('slug') slug: string,
    @Body() body: ScoringPolicyWriteDto,
    @IfMatch() version: number | undefined,
  ): Promise<ScoringPolicyResponseDto> {
    return this.policies.replace(EVERYWHERE, slug, body, { version });
  }

  /**
   * Changes parts of a scoring policy for all organizations, by a merge patch or a JSON patch.
   *
   * @remarks The patched document is checked again as a whole (422 `validation_failed`).
   */
  @Patch(':slug')
  @RequirePermission('scoring-policy:write')
  @Patches(ScoringPolicyWriteDto)
  @VersionedResponse()
  updateScoringPolicy(
    @Param('slug') slug: string,
    @PatchBody() patch: PatchDocument,
    @IfMatch() version: number | undefined,
  ): Promise<ScoringPolicyResponseDto> {
    return this.policies.patch(EVERYWHERE, slug, patch, { version });
  }

  /**
   * Deletes a scoring policy for all organizations.
   *
   * @remarks The scores of the projects that it concerned are computed soon after.
   */
  @Delete(':slug')
  @HttpCode(204)
  @RequirePermission('scoring-policy:delete')
  deleteScoringPolicy(@Param('slug') slug: string, @IfMatch() version: number | undefined): Promise<void> {
    return this.policies.delete(EVERYWHERE, slug, { version });
  }
}
