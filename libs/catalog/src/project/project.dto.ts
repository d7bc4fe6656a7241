import { ApiProperty } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
} from 'class-validator';
import { SLUG_PATTERN } from '#libs/common';
import { PageOf, PageQueryDto } from '#libs/http';
import { DescribedResponseDto, DescribedWriteDto, ReferenceDto, SLUG_MESSAGE } from '../shared/entity.dto.js';

/** A project as a client writes it. */
export class ProjectWriteDto extends DescribedWriteDto {
  /**
   * The slug of the team that owns it.
   * @example platform
   */
  @Matches(SLUG_PATTERN, { message: SLUG_MESSAGE })
  team!: string;

  /**
   * The slugs of its project types; at least one.
   * @example ["http-api"]
   */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @Matches(SLUG_PATTERN, { each: true, message: SLUG_MESSAGE })
  project_types!: string[];

  /**
   * The environments it is deployed in, by slug, each with the properties of that deployment.
   * @example {"production": {"url": "https://api.example.org"}}
   */
  @IsOptional()
  @IsObject()
  environments?: Record<string, Record<string, unknown>>;

  /**
   * The slugs of its tags.
   * @example ["go"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @Matches(SLUG_PATTERN, { each: true, message: SLUG_MESSAGE })
  tags?: string[];

  /**
   * Its links: link definition slug → address.
   * @example {"repository": "https://git.example.org/acme/api"}
   */
  @IsOptional()
  @IsObject()
  links?: Record<string, string>;

  /**
   * What other systems call it: name → text.
   * @example {"jira": "API"}
   */
  @IsOptional()
  @IsObject()
  identifiers?: Record<string, string>;
}

/** An environment that a project is deployed in. */
export class ProjectEnvironmentDto extends ReferenceDto {
  /**
   * The properties of the deployment.
   * @example {"url": "https://api.example.org"}
   */
  properties!: Record<string, unknown>;
}

/** A project: a service, library, site, …, owned by one team and of one or more types. */
export class ProjectResponseDto extends DescribedResponseDto {
  /** The team that owns it. */
  team!: ReferenceDto;

  /** Its types, by slug. */
  project_types!: ReferenceDto[];

  /** The environments it is deployed in, in their order. */
  environments!: ProjectEnvironmentDto[];

  /** Its tags, by slug. */
  tags!: ReferenceDto[];

  /**
   * Its links: link definition slug → address.
   * @example {"repository": "https://git.example.org/acme/api"}
   */
  links!: Record<string, string>;

  /**
   * What other systems call it: name → text.
   * @example {"jira": "API"}
   */
  identifiers!: Record<string, string>;

  /** When it was archived; null while it is in use. */
  archived_at!: string | null;

  /**
   * Its score from 0 to 100; null until one was computed.
   * @example 87.5
   */
  @ApiProperty({ type: Number, format: 'double', nullable: true })
  score!: number | null;
}

/** The query of the list of projects. */
export class ProjectQueryDto extends PageQueryDto {
  /**
   * Words that each have to be found in the slug, the name or the description, as whole words or parts of words; the
   * best matches come first unless `sort` says otherwise. Of one or two letters, only words that begin with them count.
   * @example payment api
   */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  q?: string;
}

/** A page of projects. */
export class ProjectPageDto extends PageOf(ProjectResponseDto) {}
