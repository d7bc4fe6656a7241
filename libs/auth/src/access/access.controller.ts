import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Paged, RequirePermission } from '#libs/http';
import {
  AccessSimulationDto,
  AccessSimulationResultDto,
  ExplainQueryDto,
  ExplanationDto,
  HeldPermissionPageDto,
  PermissionHolderPageDto,
  WhatCanQueryDto,
  WhoCanQueryDto,
} from './access.dto.js';
import { AccessQuestions, HELD_LIST, HOLDER_LIST } from './access.service.js';
import { Simulations } from './simulation.service.js';

@ApiTags('Roles')
@Controller('permissions')
export class AccessController {
  constructor(
    private readonly questions: AccessQuestions,
    private readonly simulations: Simulations,
  ) {}

  /**
   * Explains whether somebody holds a permission, and why.
   *
   * @remarks With every assignment and grant that gives it, each by its shortest chain of groups and roles; or else with
   * what would give it, the nearest first. 404 where principal, permission or resource are not there.
   */
  @Get('explain')
  @RequirePermission('access:read')
  explainPermission(@Query() query: ExplainQueryDto): Promise<ExplanationDto> {
    return this.questions.explain(query);
  }

  /**
   * Lists who holds a permission.
   *
   * @remarks Users and service accounts that are active, by name: by roles, through groups, by grants on the resource, and
   * as administrators. What a key may do is what its owner may, within its scopes.
   */
  @Get('who-can')
  @RequirePermission('access:read')
  @Paged(HOLDER_LIST)
  listPermissionHolders(@Query() query: WhoCanQueryDto): Promise<PermissionHolderPageDto> {
    return this.questions.whoCan(query);
  }

  /**
   * Lists what a user, group or service account may do.
   *
   * @remarks By permission, each with every place in which it is held: everywhere, in an organization, or on one resource.
   * Who is switched off may do nothing.
   */
  @Get('what-can')
  @RequirePermission('access:read')
  @Paged(HELD_LIST)
  listHeldPermissions(@Query() query: WhatCanQueryDto): Promise<HeldPermissionPageDto> {
    return this.questions.whatCan(query);
  }

  /**
   * Tells who would gain and lose what by a change, before it is made.
   *
   * @remarks One change of a role, a role assignment, a group’s members or a grant. Nothing is written. Who is an
   * administrator or switched off gains and loses nothing. What cannot be done is refused as the change itself would be:
   * circles by 409, names that are not there by 422. Whether the caller may make the change is not asked.
   */
  @Post('simulate')
  @HttpCode(200)
  @RequirePermission('access:read')
  simulateAccess(@Body() body: AccessSimulationDto): Promise<AccessSimulationResultDto> {
    return this.simulations.simulate(body);
  }
}
