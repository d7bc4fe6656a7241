import { Inject, Injectable } from '@nestjs/common';
import { attributeFilters, BlueprintSchemas, CHANGE_VISIBILITY, type ChangeVisibility } from '#libs/catalog';
import { notFound } from '#libs/common';
import type { OpenApiDocument } from '#libs/http';
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
    if (!organization?.may('project:read')) throw notFound(`The organization "${slug}"`);
    const attributes = await this.schemas.attributes(organization.id);
    return withAttributes(this.base.get(), attributes, attributeFilters(attributes));
  }
}
