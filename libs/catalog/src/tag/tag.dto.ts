import { PageOf } from '#libs/http';
import { NamedResponseDto, NamedWriteDto } from '../shared/entity.dto.js';

/** A tag as a client writes it. */
export class TagWriteDto extends NamedWriteDto {}

/** A tag that projects carry. */
export class TagResponseDto extends NamedResponseDto {}

/** A page of tags. */
export class TagPageDto extends PageOf(TagResponseDto) {}
