import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { DomainError } from '#libs/common';
import { isFilterParameter } from '../list/filter.js';
import { FilterQueryDto } from '../list/page.dto.js';
import { validateDocument, validateParameters } from './document-validator.js';

const UNCHECKED = new Set<unknown>([String, Number, Boolean, Array, Object, Date, Promise]);

/** Validates every argument of a handler whose type is a DTO class; anything else passes at no cost. */
@Injectable()
export class DtoValidationPipe implements PipeTransform {
  transform(value: unknown, { type, metatype, data }: ArgumentMetadata): unknown {
    if (metatype === undefined || UNCHECKED.has(metatype) || type === 'custom') return value;
    if (type === 'body') return this.validateBody(metatype, value);
    // `@Query('name')` names one parameter; its type is a plain one and the handler's own business.
    if (data !== undefined || typeof value !== 'object' || value === null) return value;
    return validateParameters(metatype, takesFilters(metatype) ? gatherFilters(value) : { ...value });
  }

  private validateBody(type: Type<object>, body: unknown): Promise<object> {
    if (body === undefined) throw new DomainError('empty_body', 'malformed', 'The request has no body.');
    return validateDocument(type, body);
  }
}

function takesFilters(type: Type<object>): boolean {
  return type === FilterQueryDto || type.prototype instanceof FilterQueryDto;
}

// `filter[name][eq]=x` arrives as a flat key; the DTO keeps all of them, still flat, in one property.
function gatherFilters(query: object): object {
  const entries = Object.entries(query);
  const filters = entries.filter(([name]) => isFilterParameter(name));
  if (filters.length === 0) return { ...query };
  return {
    ...Object.fromEntries(entries.filter(([name]) => !isFilterParameter(name))),
    filter: Object.fromEntries(filters),
  };
}
