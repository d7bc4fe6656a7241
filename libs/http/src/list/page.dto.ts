import type { Type } from '@nestjs/common';
import { ApiHideProperty, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsObject, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

export const DEFAULT_PAGE_LIMIT = 50;
export const MAX_PAGE_LIMIT = 200;

/** The query of what takes the filters of a list. */
export class FilterQueryDto {
  /** `filter[field][op]=value` parameters by their whole name, as they stand in the query. */
  @ApiHideProperty()
  @IsOptional()
  @IsObject()
  filter?: Record<string, unknown>;
}

/** The query of every list; a list with more parameters extends it. */
export class PageQueryDto extends FilterQueryDto {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MAX_PAGE_LIMIT,
    default: DEFAULT_PAGE_LIMIT,
    description: 'How many items to answer with at most.',
  })
  @Transform(({ value }) => toInteger(value))
  @IsInt({ message: 'limit must be a whole number' })
  @Min(1)
  @Max(MAX_PAGE_LIMIT)
  limit: number = DEFAULT_PAGE_LIMIT;

  @ApiPropertyOptional({ description: '`next_cursor` of the page before; leave out for the first page.' })
  @IsOptional()
  @IsString()
  @MaxLength(4096)
  cursor?: string;

  @ApiPropertyOptional({
    description: 'Fields to sort by, comma-separated; a leading `-` turns one around. Ties are broken by id.',
    example: '-updated_at,name',
  })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  sort?: string;

  @ApiPropertyOptional({ enum: ['exact'], description: 'Adds `total`; without it nothing is counted.' })
  @IsOptional()
  @IsIn(['exact'])
  count?: 'exact';
}

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Pass it back as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
  /** Only with `count=exact`. */
  readonly total?: number;
}

/** Base class of a page DTO: `class TeamPageDto extends PageOf(TeamResponseDto) {}`. */
export function PageOf<Item extends object>(item: Type<Item>): Type<Page<Item>> {
  class PageDto implements Page<Item> {
    @ApiProperty({ type: [item], description: 'The items of this page, in order.' })
    items!: Item[];

    @ApiProperty({
      type: String,
      nullable: true,
      description: 'Pass it back as `cursor` for the next page; null on the last one.',
    })
    next_cursor!: string | null;

    @ApiPropertyOptional({ type: 'integer', description: 'How many there are in all; only with `count=exact`.' })
    total?: number;
  }
  return PageDto;
}

function toInteger(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,9}$/.test(value) ? Number(value) : value;
}
