import type { OpenAPIObject } from '@nestjs/swagger';
import { isJsonObject } from '#libs/common';
import { accessRuleName } from '../access/access.decorator.js';
import type { ControllerRoute } from '../access/route-inventory.js';
import { type RouteSettings, settingsOf } from '../app/route-settings.js';
import type { ListDefinition } from '../list/pages.js';
import { JSON_PATCH_MEDIA_TYPE, MERGE_PATCH_MEDIA_TYPE } from '../patch/apply-patch.js';
import { PATCHES_METADATA } from '../patch/patch-body.decorator.js';
import { RATE_LIMIT_METADATA } from '../rate-limit/rate-limit.decorator.js';
import { IF_MATCH_METADATA } from '../versioning/versioning.decorator.js';
import { filterParameters } from './filter-schemas.js';
import { problemReference, problemStatuses } from './problem-responses.js';
import { applyConventions } from './schema-conventions.js';
import { parameterReference, sortDescription } from './shared-parameters.js';

export const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & { 'x-permission'?: string };

/** Where an operation stands and what serves it. */
export interface OperationPlace {
  readonly path: string;
  readonly method: (typeof METHODS)[number];
  readonly route: ControllerRoute;
}

/** Adds what the route's decorators say: who may call it, its problems, the headers it heeds and sends, its filters. */
export function describeOperation(operation: Operation, { path, method, route }: OperationPlace): void {
  const settings = settingsOf(route.handler);
  const [rule] = route.rules;
  const access = rule ? accessRuleName(rule) : '';
  const conditional = Reflect.hasMetadata(IF_MATCH_METADATA, route.handler);
  operation.summary = operation.summary?.replace(/\.$/, '');
  operation.description = operation.description?.replaceAll('\n', ' ');
  operation['x-permission'] = access;
  if (access === 'public') operation.security = [];
  const limited = Reflect.getMetadata(RATE_LIMIT_METADATA, route.handler) !== 'none' && path.startsWith('/api');
  if (path.startsWith('/api')) {
    const isOAuth = settings.oauthErrors ?? false;
    for (const status of problemStatuses({ method, path, access, limited, conditional, isOAuth })) {
      operation.responses[status] ??= problemReference(status, isOAuth);
    }
  }
  // What such a route gathers can be more than it answers with.
  if (settings.filtered) operation.responses[422] ??= problemReference(422);
  const parameters = [...missingPathParameters(operation, path), ...(operation.parameters ?? [])];
  for (const parameter of parameters) {
    if ('schema' in parameter && isJsonObject(parameter.schema)) applyConventions(parameter.schema, parameter.name);
  }
  if (settings.versioned && method === 'get') parameters.push(parameterReference('IfNoneMatch'));
  if (conditional) parameters.push(parameterReference('IfMatch'));
  if (method === 'post' && settings.idempotency !== 'ignore') parameters.push(parameterReference('IdempotencyKey'));
  if (settings.paged) describeSort(parameters, settings.paged);
  const list = settings.paged ?? settings.filtered;
  if (list) parameters.push(...filterParameters(list));
  operation.parameters = parameters;
  if (method === 'patch') describePatch(operation, route);
  describeAnswers(operation, method, settings);
}

function describeSort(parameters: NonNullable<Operation['parameters']>, list: ListDefinition): void {
  for (const parameter of parameters) {
    if (!('name' in parameter) || parameter.name !== 'sort' || !isJsonObject(parameter.schema)) continue;
    parameter.description = sortDescription(list);
    Reflect.set(parameter.schema, 'example', `-${list.sortable[0] ?? 'id'}`);
  }
}

// A handler may take a part of its path by other means than @Param, as from the guard that looked it up.
function missingPathParameters(operation: Operation, path: string) {
  const declared = new Set((operation.parameters ?? []).map((parameter) => 'name' in parameter && parameter.name));
  return [...path.matchAll(/\{(\w+)\}/g)]
    .map(([, name = '']) => name)
    .filter((name) => !declared.has(name))
    .map((name) => ({ name, in: 'path' as const, required: true, schema: { type: 'string' as const } }));
}

/** The name of the schema of a merge patch of this DTO. */
export function patchSchemaName(dto: string): string {
  return dto.replace(/(Write)?Dto$/, 'PatchDto');
}

function describePatch(operation: Operation, route: ControllerRoute): void {
  const dto: { name: string } | undefined = Reflect.getMetadata(PATCHES_METADATA, route.handler);
  const body = operation.requestBody && 'content' in operation.requestBody ? operation.requestBody : undefined;
  const merge = dto
    ? { schema: { $ref: `#/components/schemas/${patchSchemaName(dto.name)}` } }
    : body?.content['application/json'];
  if (!merge) return;
  operation.requestBody = {
    required: true,
    content: {
      [MERGE_PATCH_MEDIA_TYPE]: merge,
      [JSON_PATCH_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/JsonPatch' } },
    },
  };
}

function describeAnswers(operation: Operation, method: string, settings: RouteSettings): void {
  for (const [status, response] of Object.entries(operation.responses)) {
    if (!status.startsWith('2') || !response || '$ref' in response) continue;
    if (status === '204') response.description ||= 'Done; there is no content.';
    response.headers = { ...headersOf(status, settings), ...response.headers };
    if (Object.keys(response.headers).length === 0) delete response.headers;
  }
  if (settings.versioned && method === 'get') {
    operation.responses[304] ??= {
      description: 'The answer would be the one that `If-None-Match` names; there is no content.',
    };
  }
}

const EMBEDDING_TAG =
  'The version, quoted, for `If-Match`, with a digest of the answer: it changes too when something that is shown by its ' +
  'name is renamed, which the version does not.';

function headersOf(status: string, settings: RouteSettings) {
  const header = (description: string, example: string) => ({
    description,
    schema: { type: 'string' as const },
    example,
  });
  return {
    ...(settings.versioned === 'plain' ? { ETag: header('The version, quoted, for `If-Match`.', '"3"') } : {}),
    ...(settings.versioned === 'embedding' ? { ETag: header(EMBEDDING_TAG, '"3.bYtsgGXBJBE"') } : {}),
    ...(settings.location && status === '201'
      ? { Location: header('The address of what was created.', settings.location) }
      : {}),
    ...(settings.accepted && status === '202'
      ? { Location: header('Where to ask how far it is.', settings.accepted) }
      : {}),
    ...(settings.paged
      ? { Link: header('The next page, where there is one (RFC 8288).', '</api/…?cursor=…>; rel="next"') }
      : {}),
  };
}
