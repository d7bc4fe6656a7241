import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { type ValidationError, type ValidatorOptions, validate } from 'class-validator';
import { DomainError, type FieldError, invalid, isJsonObject, jsonPointer } from '#libs/common';
import { SERVER_OWNED_FIELDS } from './server-owned-fields.js';

const OPTIONS: ValidatorOptions = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  validationError: { target: false, value: false },
};

/**
 * `document` as an instance of `type`, every rule of which holds.
 * @throws DomainError `validation_failed` (422) listing every fault with a JSON pointer, or `read_only_field` (400)
 *   where it sets what only the server writes
 */
export async function validateDocument<Dto extends object>(type: Type<Dto>, document: unknown): Promise<Dto> {
  if (!isJsonObject(document)) {
    throw invalid([{ pointer: '', message: 'must be an object', code: 'is_object' }]);
  }
  const { value, errors } = await check(type, document);
  if (errors.length === 0) return value;
  const readOnly = errors.filter((error) => error.code === 'unknown_field' && isServerOwned(error.pointer));
  if (readOnly.length > 0) throw readOnlyFields(readOnly);
  throw invalid(errors);
}

/**
 * Query or path parameters as an instance of `type`.
 * @throws DomainError `invalid_parameters` (400); each pointer is `/` and the name of the parameter
 */
export async function validateParameters<Dto extends object>(type: Type<Dto>, parameters: object): Promise<Dto> {
  const { value, errors } = await check(type, parameters);
  if (errors.length === 0) return value;
  throw invalidParameters(errors);
}

export function invalidParameters(errors: readonly FieldError[]): DomainError {
  return new DomainError('invalid_parameters', 'malformed', 'A parameter of the request is not valid.', { errors });
}

async function check<Dto extends object>(
  type: Type<Dto>,
  plain: object,
): Promise<{ value: Dto; errors: FieldError[] }> {
  const value = plainToInstance(type, plain, { exposeUnsetFields: false });
  const faults = await validate(value, OPTIONS);
  return { value, errors: faults.flatMap((fault) => toFieldErrors(fault, '')) };
}

function toFieldErrors(fault: ValidationError, parent: string): FieldError[] {
  const pointer = parent + jsonPointer(fault.property);
  const own = Object.entries(fault.constraints ?? {}).map(([rule, message]) =>
    rule === 'whitelistValidation'
      ? { pointer, message: `${fault.property} is not known here`, code: 'unknown_field' }
      : { pointer, message, code: snakeCase(rule) },
  );
  return [...own, ...(fault.children ?? []).flatMap((child) => toFieldErrors(child, pointer))];
}

function snakeCase(rule: string): string {
  return rule.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function isServerOwned(pointer: string): boolean {
  return SERVER_OWNED_FIELDS.some((field) => pointer === `/${field}`);
}

function readOnlyFields(errors: readonly FieldError[]): DomainError {
  return new DomainError('read_only_field', 'malformed', 'The document sets what only the server writes.', {
    errors: errors.map(({ pointer }) => ({
      pointer,
      message: `${pointer.slice(1)} is written by the server only`,
      code: 'read_only',
    })),
  });
}
