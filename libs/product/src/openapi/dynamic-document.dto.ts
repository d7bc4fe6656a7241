import { IsOptional, Matches } from 'class-validator';
import { SLUG_PATTERN } from '#libs/common';

/** Whose attributes the document shows. */
export class DynamicDocumentQueryDto {
  /**
   * The slug of the organization.
   * @example acme
   */
  @IsOptional()
  @Matches(SLUG_PATTERN, { message: 'must be 1 to 64 of a-z, 0-9 and -, not starting with -' })
  organization?: string;
}
