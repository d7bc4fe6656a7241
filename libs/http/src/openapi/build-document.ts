import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { accessRuleName } from '../access/access.decorator.js';
import { type ControllerRoute, listRoutes } from '../access/route-inventory.js';
import { settingsOf } from '../app/route-settings.js';
import { JSON_PATCH_MEDIA_TYPE, MERGE_PATCH_MEDIA_TYPE } from '../patch/apply-patch.js';
import { PATCHES_METADATA } from '../patch/patch-body.decorator.js';
import { ProblemDto } from '../problem/problem.dto.js';
import { RATE_LIMIT_METADATA } from '../rate-limit/rate-limit.decorator.js';
import { JSON_PATCH_SCHEMA } from './json-patch-schema.js';
import { problemReference, problemResponses, problemStatuses } from './problem-responses.js';
import { filterParameters, parameterReference, SHARED_PARAMETERS, sortDescription } from './shared-parameters.js';
import { sortDocument } from './sort-document.js';

export type OpenApiDocument = OpenAPIObject;

/** What the document says about the API as a whole. */
export interface OpenApiInfo {
  readonly title: string;
  readonly description: string;
  readonly version: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Descriptions of parameters by name, for those that are the same everywhere, such as `org`. */
  readonly parameters?: Readonly<Record<string, string>>;
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & { 'x-permission'?: string };

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/**
 * The OpenAPI 3.1 document of the application, sorted, so that equal code gives equal text. Works in preview mode.
 * @throws Error when two operations have one name
 */
export function buildOpenApiDocument(app: INestApplication, info: OpenApiInfo): OpenApiDocument {
  const document = SwaggerModule.createDocument(app, baseDocument(info), {
    operationIdFactory: (_controller, method) => method,
    extraModels: [ProblemDto],
  });
  const routes = new Map(listRoutes(app).map((route) => [route.method, route]));
  const seen = new Set<string>();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation: Operation | undefined = item[method];
      if (!operation) continue;
      const name = operation.operationId ?? '';
      if (seen.has(name)) throw new Error(`Two operations are called ${name}; a method name is the SDK's function.`);
      seen.add(name);
      const route = routes.get(name);
      if (route) complete(operation, path, method, route);
      describeParameters(operation, info.parameters ?? {});
    }
  }
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, JsonPatch: JSON_PATCH_SCHEMA },
    responses: { ...document.components?.responses, ...problemResponses() },
    parameters: { ...document.components?.parameters, ...SHARED_PARAMETERS },
  };
  return sortDocument(document);
}

function baseDocument(info: OpenApiInfo) {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(info.title)
    .setDescription(info.description)
    .setVersion(info.version)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/', 'This server')
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        description: 'An access token from `POST /api/auth/login`, or an API key (`ik_…`).',
      },
      'bearer',
    )
    .addSecurityRequirements('bearer');
  for (const [name, description] of Object.entries(info.tags)) builder.addTag(name, description);
  return builder.build();
}

function complete(operation: Operation, path: string, method: (typeof METHODS)[number], route: ControllerRoute): void {
  const settings = settingsOf(route.handler);
  const [rule] = route.rules;
  const access = rule ? accessRuleName(rule) : '';
  operation['x-permission'] = access;
  if (access === 'public') operation.security = [];
  const limited = Reflect.getMetadata(RATE_LIMIT_METADATA, route.handler) !== 'none' && path.startsWith('/api');
  if (path.startsWith('/api')) {
    for (const status of problemStatuses({ method, path, access, limited })) {
      operation.responses[status] ??= problemReference(status);
    }
  }
  operation.parameters ??= [];
  if (settings.versioned && method === 'get') operation.parameters.push(parameterReference('IfNoneMatch'));
  if (settings.versioned && method !== 'get' && method !== 'post')
    operation.parameters.push(parameterReference('IfMatch'));
  if (method === 'delete' && path.startsWith('/api')) operation.parameters.push(parameterReference('IfMatch'));
  if (method === 'post' && settings.idempotency !== 'ignore')
    operation.parameters.push(parameterReference('IdempotencyKey'));
  if (settings.paged) {
    for (const parameter of operation.parameters) {
      if ('name' in parameter && parameter.name === 'sort') parameter.description = sortDescription(settings.paged);
    }
    operation.parameters.push(...filterParameters(settings.paged));
  }
  documentPatch(operation, route);
  describeHeaders(operation, settings);
}

function describeParameters(operation: Operation, descriptions: Readonly<Record<string, string>>): void {
  for (const parameter of operation.parameters ?? []) {
    if ('name' in parameter) parameter.description ??= descriptions[parameter.name];
  }
}

function documentPatch(operation: Operation, route: ControllerRoute): void {
  const dto: { name: string } | undefined = Reflect.getMetadata(PATCHES_METADATA, route.handler);
  if (!dto) return;
  operation.requestBody = {
    required: true,
    content: {
      [MERGE_PATCH_MEDIA_TYPE]: { schema: { $ref: `#/components/schemas/${dto.name}` } },
      [JSON_PATCH_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/JsonPatch' } },
    },
  };
}

function describeHeaders(operation: Operation, settings: ReturnType<typeof settingsOf>): void {
  const header = (description: string, example: string) => ({
    description,
    schema: { type: 'string' as const },
    example,
  });
  for (const [status, response] of Object.entries(operation.responses)) {
    if (!status.startsWith('2') || !response || '$ref' in response) continue;
    response.headers = {
      ...(settings.versioned ? { ETag: header('The version, quoted, for `If-Match`.', '"3"') } : {}),
      ...(settings.location && status === '201'
        ? { Location: header('The address of what was created.', '/api/…') }
        : {}),
      ...(settings.paged
        ? { Link: header('The next page, where there is one (RFC 8288).', '</api/…>; rel="next"') }
        : {}),
      ...response.headers,
    };
    if (Object.keys(response.headers).length === 0) delete response.headers;
  }
}
