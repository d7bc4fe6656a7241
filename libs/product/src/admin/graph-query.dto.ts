import { ApiProperty } from '@nestjs/swagger';
import { IsObject, IsOptional, IsString, Length } from 'class-validator';
import { ANY_JSON } from '#libs/http';

/** A read-only question in openCypher. */
export class GraphQueryDto {
  /**
   * The query; values belong into `parameters` and are named with `$`.
   * @example MATCH (p:Project)-[:OWNED_BY]->(t:Team) WHERE t.slug = $team RETURN p.name AS project LIMIT 10
   */
  @IsString()
  @Length(1, 20_000)
  query!: string;

  /**
   * The values of the query's parameters.
   * @example {"team": "platform"}
   */
  @IsOptional()
  @IsObject()
  parameters?: Record<string, unknown>;
}

/** What a query found. */
export class GraphQueryResultDto {
  /**
   * The names of the columns, as RETURN gives them.
   * @example ["project"]
   */
  columns!: string[];

  @ApiProperty({
    type: 'array',
    items: { type: 'array', items: ANY_JSON },
    description: 'One list of values a row, in the order of the columns.',
    example: [['API']],
  })
  rows!: unknown[][];

  /** Whether there are more rows than may be answered. */
  truncated!: boolean;
}
