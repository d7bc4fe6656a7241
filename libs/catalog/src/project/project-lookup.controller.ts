import { Controller, Get, HttpCode, Param, Redirect } from '@nestjs/common';
import { ApiOkResponse, ApiPermanentRedirectResponse, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '#libs/http';
import { InOrganization, type OrganizationScope } from '../shared/organization-scope.js';
import { ProjectResponseDto } from './project.dto.js';
import { ProjectsService } from './projects.service.js';

const LOCATION = {
  Location: { description: 'The address of the project.', schema: { type: 'string' as const } },
};

@ApiTags('Projects')
@Controller('organizations/:org/projects/by-slug')
export class ProjectLookupController {
  constructor(private readonly projects: ProjectsService) {}

  /**
   * Redirects to the project that has this slug, or had it last.
   *
   * @remarks Slugs change and ids do not: a slug that a project gave up leads to it until another project takes the
   * slug. Most clients follow the redirect by themselves and have the project for an answer.
   */
  @Get(':slug')
  @HttpCode(308)
  @Redirect()
  @RequirePermission('project:read')
  @ApiPermanentRedirectResponse({ description: 'The address of the project, in `Location`.', headers: LOCATION })
  @ApiOkResponse({ type: ProjectResponseDto, description: 'The project, for a client that followed the redirect.' })
  async findProjectBySlug(
    @InOrganization() scope: OrganizationScope,
    @Param('slug') slug: string,
  ): Promise<{ url: string; statusCode: number }> {
    const id = await this.projects.findIdBySlug(scope, slug);
    return { url: `/api/organizations/${scope.slug}/projects/${id}`, statusCode: 308 };
  }
}
