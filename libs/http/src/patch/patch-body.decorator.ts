import { applyDecorators, createParamDecorator, type ExecutionContext, type Type } from '@nestjs/common';
import { ApiExtraModels } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '#libs/common';
import { mediaTypeOf } from '../app/media-type.js';
import { PATCH_MEDIA_TYPES, type PatchDocument } from './apply-patch.js';

export const PATCHES_METADATA = 'imbi:patches';

/** Documents what a PATCH route takes: the DTO as a merge patch, or a JSON patch of it. */
export function Patches(dto: Type<object>): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(dto),
    (_target: object, _key: string | symbol, descriptor: PropertyDescriptor) => {
      Reflect.defineMetadata(PATCHES_METADATA, dto, descriptor.value);
    },
  );
}

/** Gives a PATCH handler its {@link PatchDocument}. */
export const PatchBody = createParamDecorator((_data: unknown, context: ExecutionContext): PatchDocument => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return readPatch(request.headers['content-type'], request.body);
});

/** @throws DomainError `empty_body` (400) or `unsupported_media_type` (415) */
export function readPatch(contentType: string | undefined, body: unknown): PatchDocument {
  if (body === undefined || body === null) {
    throw new DomainError('empty_body', 'malformed', 'The request has no body; it should hold a patch.');
  }
  const type = PATCH_MEDIA_TYPES.find((candidate) => candidate === mediaTypeOf(contentType));
  if (!type) throw new DomainError('unsupported_media_type', 'unsupported_media', 'The body is no patch.');
  // The body parser made it of JSON text, so it cannot be anything else.
  return { type, body: body as PatchDocument['body'] };
}
