import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InOrganization, type OrganizationScope } from '#libs/catalog';
import { RequirePermission } from '#libs/http';
import { EVERYWHERE, scopeOf } from '../policy/policy-scope.js';
import { SimulationDto, SimulationResultDto } from './simulate.dto.js';
import { Simulations } from './simulations.service.js';

@ApiTags('Scoring')
@Controller()
export class SimulationsController {
  constructor(private readonly simulations: Simulations) {}

  /**
   * Tells what a set of policies for all organizations would change, without saving anything.
   *
   * @remarks The policies take the place of those for all organizations; each organization’s own stay. Every project is
   * scored twice by the engine that scores in earnest: how the scores are spread before and after, which projects change
   * most, and who drops below a threshold. Large estates take seconds.
   */
  @Post('scoring-policies/simulate')
  @HttpCode(200)
  @RequirePermission('scoring-policy:simulate')
  simulateScoringPolicies(@Body() body: SimulationDto): Promise<SimulationResultDto> {
    return this.simulations.run(EVERYWHERE, body);
  }

  /**
   * Tells what a set of policies of an organization would change, without saving anything.
   *
   * @remarks The policies take the place of the organization’s own; those for all organizations stay.
   */
  @Post('organizations/:org/scoring-policies/simulate')
  @HttpCode(200)
  @RequirePermission('scoring-policy:simulate')
  simulateOrganizationScoringPolicies(
    @InOrganization() scope: OrganizationScope,
    @Body() body: SimulationDto,
  ): Promise<SimulationResultDto> {
    return this.simulations.run(scopeOf(scope.id), body);
  }
}
