import { type INestApplication, Logger } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { isJsonObject } from '#libs/common';
import { type ControllerRoute, listRoutes } from '../access/route-inventory.js';
import { settingsOf } from '../app/route-settings.js';
import { PATCHES_METADATA } from '../patch/patch-body.decorator.js';
import { OAuthErrorDto, ProblemDto } from '../problem/problem.dto.js';
import { describeOperation, METHODS, type Operation, patchSchemaName } from './describe-operation.js';
import { filterSchemas } from './filter-schemas.js';
import { JSON_PATCH_SCHEMA, JSON_VALUE_SCHEMA } from './json-schemas.js';
import { problemResponses } from './problem-responses.js';
import { illustrateOperation, type OpenApiInfo } from './product-texts.js';
import { withPublicNames } from './public-names.js';
import { applyConventions, mergePatchOf, type SchemaNode } from './schema-conventions.js';
import { SHARED_PARAMETERS } from './shared-parameters.js';
import { sortDocument } from './sort-document.js';

export type OpenApiDocument = OpenAPIObject;

/**
 * The OpenAPI 3.1 document of the application, sorted, so that equal code gives equal text. Works in preview mode.
 * @throws Error when two operations, or two schemas, have one name
 */
export function buildOpenApiDocument(app: INestApplication, info: OpenApiInfo): OpenApiDocument {
  const document = createDocument(app, info);
  const routes = listRoutes(app);
  const schemas = { ...document.components?.schemas, ...addedSchemas(routes) };
  describeSchemas(schemas, info);
  Object.assign(schemas, patchSchemas(routes, schemas));
  const byName = new Map(routes.map((route) => [route.method, route]));
  for (const [path, method, operation] of operationsOf(document)) {
    const route = byName.get(operation.operationId ?? '');
    if (route) describeOperation(operation, { path, method, route });
    illustrateOperation(operation, path, info, schemas);
  }
  document.components = {
    ...document.components,
    schemas,
    responses: { ...document.components?.responses, ...problemResponses() },
    parameters: { ...document.components?.parameters, ...SHARED_PARAMETERS },
  };
  return sortDocument(withPublicNames(document));
}

// Of two classes with one name Swagger describes the last, and only logs that; this application logs nothing by Nest.
function createDocument(app: INestApplication, info: OpenApiInfo): OpenAPIObject {
  const warnings: string[] = [];
  const ignore = () => undefined;
  Logger.overrideLogger({ log: ignore, error: ignore, warn: (message) => warnings.push(String(message)) });
  const document = SwaggerModule.createDocument(app, baseDocument(info), {
    operationIdFactory: (_controller, method) => method,
    extraModels: [ProblemDto, OAuthErrorDto],
  });
  Logger.overrideLogger(false);
  const clash = warnings.find((warning) => warning.startsWith('Duplicate DTO'));
  if (clash !== undefined) throw new Error(clash.split('\n', 1)[0]);
  return document;
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

function operationsOf(document: OpenAPIObject): [string, (typeof METHODS)[number], Operation][] {
  const seen = new Set<string>();
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method): [string, typeof method, Operation][] => {
      const operation = item[method];
      if (!operation) return [];
      const name = operation.operationId ?? '';
      if (seen.has(name)) throw new Error(`Two operations are called ${name}; a method name is the SDK's function.`);
      seen.add(name);
      return [[path, method, operation]];
    }),
  );
}

/** Schemas that no DTO stands for. */
function addedSchemas(routes: readonly ControllerRoute[]) {
  const lists = routes.flatMap(({ handler }) => {
    const { paged, filtered } = settingsOf(handler);
    return paged ?? filtered ?? [];
  });
  return { JsonPatch: JSON_PATCH_SCHEMA, JsonValue: JSON_VALUE_SCHEMA, ...filterSchemas(lists) };
}

function describeSchemas(schemas: Readonly<Record<string, unknown>>, info: OpenApiInfo): void {
  for (const [name, schema] of Object.entries(schemas)) {
    if (!isJsonObject(schema)) continue;
    const node: SchemaNode = schema;
    // The filters say themselves what is whole.
    if (!name.endsWith('Filter')) applyConventions(node);
    node['description'] ??= info.schemas?.[name];
  }
}

function patchSchemas(routes: readonly ControllerRoute[], schemas: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(
    routes.flatMap(({ handler }) => {
      const dto: { name: string } | undefined = Reflect.getMetadata(PATCHES_METADATA, handler);
      const schema = dto && schemas[dto.name];
      return dto && isJsonObject(schema) ? [[patchSchemaName(dto.name), mergePatchOf(schema)]] : [];
    }),
  );
}
