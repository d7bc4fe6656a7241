import { applyDecorators, createParamDecorator, type ExecutionContext, type Type } from '@nestjs/common';
import { ApiAcceptedResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { routeSettings } from '../app/route-settings.js';
import { parseIfMatch, parseIfNoneMatchAny, preconditionRequired } from './entity-tag.js';

/** Metadata key on a handler: that it heeds `If-Match`. */
export const IF_MATCH_METADATA = 'imbi:if-match';

const markHandler: ParameterDecorator = (target, key) => {
  if (key !== undefined) Reflect.defineMetadata(IF_MATCH_METADATA, true, Reflect.get(target, key));
};

/**
 * The answer's body carries `version`: it becomes the `ETag`, and `If-None-Match` on a read is answered with 304. An
 * answer that also shows fields of other things, such as their names, says `embedding`: then its `ETag` goes by the whole
 * body, since the version stays when one of those changes.
 */
export function VersionedResponse(options: { embedding?: boolean } = {}): MethodDecorator {
  return routeSettings({ versioned: options.embedding ? 'embedding' : 'plain' });
}

/**
 * Sets `Location` on a 201 from a template such as `/api/organizations/{org}/teams/{slug}`; each name is a parameter of
 * the route, else a field of the answer.
 */
export function Location(template: string): MethodDecorator {
  return routeSettings({ location: template });
}

/**
 * Work that goes on after the answer: a handler that returns a document of type `progress` is answered 202 with
 * `Location`, where one that returns nothing is answered as its `@HttpCode` says.
 */
export function Accepts(location: string, progress: Type<object>): MethodDecorator {
  return applyDecorators(
    routeSettings({ accepted: location }),
    ApiAcceptedResponse({ type: progress, description: 'It will be done; this is how far it is.' }),
  );
}

/** The version that `If-Match` expects: `number | undefined`; with `required`, a request without it is answered 428. */
export const IfMatch = createParamDecorator(
  (options: { required?: boolean } | undefined, context: ExecutionContext): number | undefined => {
    const header = context.switchToHttp().getRequest<FastifyRequest>().headers['if-match'];
    if (header === undefined && options?.required) throw preconditionRequired();
    return parseIfMatch(header);
  },
  [markHandler],
);

/** `true` where `If-None-Match: *` asks a PUT to create and never to replace: then its success is a 201. */
export const IfNoneMatch = createParamDecorator((_data: unknown, context: ExecutionContext): boolean => {
  const http = context.switchToHttp();
  const absent = parseIfNoneMatchAny(http.getRequest<FastifyRequest>().headers['if-none-match']);
  if (absent) http.getResponse<FastifyReply>().code(201);
  return absent;
});
