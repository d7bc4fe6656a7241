import { Injectable } from '@nestjs/common';
import { notFound } from '#libs/common';
import { BLUEPRINT_EDGES, BLUEPRINT_TYPES } from '../model/blueprint.vertex.js';
import type { OrganizationScope } from '../shared/organization-scope.js';
import { BlueprintSchemas } from './blueprint-schemas.js';
import type { EffectiveSchemaDto, ProjectSchemaQueryDto } from './schema.dto.js';
import { toSchemaDocument } from './schema-document.js';

/** What attributes entities may have, as clients ask for it. */
@Injectable()
export class SchemasService {
  constructor(private readonly schemas: BlueprintSchemas) {}

  async forProject(scope: OrganizationScope, query: ProjectSchemaQueryDto): Promise<EffectiveSchemaDto> {
    const place = { types: listed(query.project_types), environments: listed(query.environments) };
    return toSchemaDocument(await this.schemas.forProject(scope.id, place));
  }

  /** @throws DomainError `not_found` where nothing of that name has attributes */
  async forSubject(
    scope: OrganizationScope,
    subject: string,
    query: ProjectSchemaQueryDto,
  ): Promise<EffectiveSchemaDto> {
    const found = SUBJECTS.find((one) => one === subject);
    if (!found) throw notFound(`The schema "${subject}"`);
    const set = await this.schemas.current();
    const [types, environments] = [listed(query.project_types), listed(query.environments)];
    const schema = set.schemaOf({ subject: found, organizationId: scope.id, types, environments });
    return toSchemaDocument(schema, { open: found === 'DEPLOYED_IN' || found === 'DEPENDS_ON' });
  }
}

const SUBJECTS = [...BLUEPRINT_TYPES, ...BLUEPRINT_EDGES];

function listed(slugs: string | undefined): string[] {
  return slugs === undefined ? [] : slugs.split(',');
}
