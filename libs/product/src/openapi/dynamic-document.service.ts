import { Inject, Injectable } from '@nestjs/common';
import {
  attributeFilters,
  BLUEPRINT_EDGES,
  BLUEPRINT_TYPES,
  BlueprintSchemas,
  CHANGE_VISIBILITY,
  type ChangeVisibility,
} from '#libs/catalog';
import { notFound } from '#libs/common';
import type { OpenApiDocument } from '#libs/http';
import { ATTRIBUTE_PLACES } from './attribute-places.js';
import { BaseDocument } from './base-document.js';
import { withAttributes } from './with-attributes.js';

/** The OpenAPI document as it is for one organization: with the attributes that its blueprints declare now. */
@Injectable()
export class DynamicDocumentService {
  constructor(
    private readonly base: BaseDocument,
    private readonly schemas: BlueprintSchemas,
    @Inject(CHANGE_VISIBILITY) private readonly visibility: ChangeVisibility,
  ) {}

  async read(slug: string | undefined): Promise<OpenApiDocument> {
    if (slug === undefined) return this.base.get();
    const [organization] = await this.visibility.organizations(slug);
    const subjects = [...BLUEPRINT_TYPES, ...BLUEPRINT_EDGES].filter((subject) =>
      organization?.may(ATTRIBUTE_PLACES[subject].permission),
    );
    if (!organization || subjects.length === 0) throw notFound(`The organization "${slug}"`);
    const set = await this.schemas.current();
    const declared = new Map(subjects.map((subject) => [subject, set.attributes(organization.id, subject)]));
    return withAttributes(this.base.get(), declared, attributeFilters(declared.get('Project') ?? new Map()));
  }
}
