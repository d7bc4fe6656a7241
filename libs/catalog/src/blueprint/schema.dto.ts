import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';

const SLUGS = /^[a-z0-9][a-z0-9-]{0,63}(,[a-z0-9][a-z0-9-]{0,63}){0,49}$/;
const SLUGS_MESSAGE = 'must be slugs, separated by commas';

/** For which project. */
export class ProjectSchemaQueryDto {
  /**
   * The slugs of its types, separated by commas; absent for a project of no type in particular.
   * @example http-api
   */
  @IsOptional()
  @Matches(SLUGS, { message: SLUGS_MESSAGE })
  project_types?: string;

  /**
   * The slugs of the environments that it is deployed in, separated by commas; absent for none.
   * @example production
   */
  @IsOptional()
  @Matches(SLUGS, { message: SLUGS_MESSAGE })
  environments?: string;
}

/** Where an attribute comes from. */
export class AttributeSourceDto {
  /**
   * The slug of the blueprint that declares it.
   * @example service-levels
   */
  blueprint!: string;

  /** The slugs of the blueprints that declare it too and do not count here, in the order in which they would. */
  shadowed!: string[];
}

/** The attributes that an entity or edge may have by the blueprints in force. */
@ApiExtraModels(AttributeSourceDto)
export class EffectiveSchemaDto {
  /**
   * Goes up with every change of any blueprint.
   * @example 12
   */
  version!: string;

  /**
   * JSON Schema 2020-12 of the attributes. What blueprints say of several attributes together is under `allOf`.
   * @example {"type": "object", "properties": {"tier": {"type": "integer"}}, "required": []}
   */
  json_schema!: Record<string, unknown>;

  /**
   * Where each attribute comes from.
   * @example {"tier": {"blueprint": "service-levels", "shadowed": []}}
   */
  @ApiProperty({ type: 'object', additionalProperties: { $ref: getSchemaPath(AttributeSourceDto) } })
  sources!: Record<string, AttributeSourceDto>;
}
