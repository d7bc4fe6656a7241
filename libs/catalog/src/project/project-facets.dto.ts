import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { FilterQueryDto } from '#libs/http';

/** The query of the counts of projects. */
export class ProjectFacetsQueryDto extends FilterQueryDto {
  /**
   * What to count by, comma-separated, at most ten: `team`, `project_type`, `environment`, `tag`, `archived`, or
   * attributes, such as `attributes.maturity`. Team and type where nothing is said.
   * @example team,project_type
   */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  fields?: string;

  /**
   * Counts only projects in which each of these words is found, as in the list.
   * @example payment
   */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  q?: string;
}

/** How many projects have a value. */
export class FacetValueDto {
  @ApiProperty({
    oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }],
    description: 'The value: a slug, or the value of the attribute; as it goes into a filter.',
    example: 'platform',
  })
  value!: unknown;

  /** The name of what the slug names; null for an attribute. */
  name!: string | null;

  /**
   * How many projects have it.
   * @example 12
   */
  @ApiProperty({ type: 'integer' })
  count!: number;
}

/** The projects that match, counted by one field. */
export class FacetDto {
  /**
   * The field, as it stands in a filter.
   * @example team
   */
  field!: string;

  /** The commonest values, at most 100, the commonest first. */
  values!: FacetValueDto[];

  @ApiProperty({ type: 'integer', description: 'The sum of the counts of the values that are not listed.' })
  other!: number;

  @ApiProperty({ type: 'integer', description: 'How many projects have no value.' })
  missing!: number;
}

/** Projects counted by fields. */
export class ProjectFacetsDto {
  @ApiProperty({ type: 'integer', description: 'How many projects match.', example: 40 })
  total!: number;

  /** One for each field that was asked for, in that order. */
  facets!: FacetDto[];
}
