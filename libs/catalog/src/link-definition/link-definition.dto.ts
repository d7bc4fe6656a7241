import { IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { PageOf } from '#libs/http';
import { NamedResponseDto, NamedWriteDto } from '../shared/entity.dto.js';

/** A link definition as a client writes it. */
export class LinkDefinitionWriteDto extends NamedWriteDto {
  /**
   * An icon: the address of an image, or the id of an upload; null or absent for none.
   * @example https://example.org/repository.svg
   */
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  icon?: string | null;

  /**
   * The address a project's link is made from; `{slug}`, `{name}` and `{id}` stand for the project's, `{url}` for what
   * the project itself gives.
   * @example https://grafana.example.org/d/{slug}
   */
  @IsString()
  @Length(1, 2000)
  url_template!: string;
}

/** A link definition: a kind of link that projects have. */
export class LinkDefinitionResponseDto extends NamedResponseDto {
  /** The address of an image or the id of an upload; null where there is none. */
  icon!: string | null;

  /**
   * The address a project's link is made from.
   * @example https://grafana.example.org/d/{slug}
   */
  url_template!: string;
}

/** A page of link definitions. */
export class LinkDefinitionPageDto extends PageOf(LinkDefinitionResponseDto) {}
