import type { OpenAPIObject } from '@nestjs/swagger';
import { isJsonObject, type JsonValue } from '#libs/common';
import type { Operation } from './describe-operation.js';
import { members } from './schema-conventions.js';

/** A path parameter for people. */
export interface ParameterText {
  readonly description: string;
  readonly example?: string;
}

/** What the document says about the API as a whole, and what only the product as a whole knows. */
export interface OpenApiInfo {
  readonly title: string;
  readonly description: string;
  readonly version: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Path parameters by name, or by the segment before them and their name (`teams/{slug}`), which goes first. */
  readonly parameters?: Readonly<Record<string, ParameterText>>;
  /** Descriptions of the DTOs by class name: their comments, which are gone from compiled code. */
  readonly schemas?: Readonly<Record<string, string>>;
  /** Examples of DTOs by class name, for requests and answers alike; a page is made of its items' one. */
  readonly examples?: Readonly<Record<string, JsonValue>>;
}

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
interface Media {
  schema?: unknown;
  example?: unknown;
}

/** Adds the product's texts and examples to an operation. */
export function illustrateOperation(operation: Operation, path: string, info: OpenApiInfo, schemas: Schemas): void {
  describePathParameters(operation, path, info.parameters ?? {});
  const { requestBody } = operation;
  if (requestBody && 'content' in requestBody) illustrate(requestBody.content, info, schemas);
  for (const response of Object.values(operation.responses)) {
    if (!response || '$ref' in response || !response.content) continue;
    illustrate(response.content, info, schemas);
    const [media] = Object.values(response.content);
    response.description ||= info.schemas?.[schemaName(media?.schema)] ?? '';
  }
}

function describePathParameters(
  operation: Operation,
  path: string,
  texts: Readonly<Record<string, ParameterText>>,
): void {
  const segments = path.split('/');
  for (const parameter of operation.parameters ?? []) {
    if (!('name' in parameter) || parameter.in !== 'path') continue;
    const segment = `{${parameter.name}}`;
    const text = texts[`${segments[segments.indexOf(segment) - 1]}/${segment}`] ?? texts[parameter.name];
    parameter.description ??= text?.description;
    if (text?.example !== undefined) parameter.example ??= text.example;
  }
}

function illustrate(content: Readonly<Record<string, Media>>, info: OpenApiInfo, schemas: Schemas): void {
  for (const media of Object.values(content)) {
    const example = exampleOf(schemaName(media.schema), info, schemas);
    if (example !== undefined) media.example ??= example;
  }
}

function exampleOf(name: string, { examples = {} }: OpenApiInfo, schemas: Schemas): unknown {
  const schema: unknown = schemas[name];
  if (!isJsonObject(schema)) return undefined;
  const { items, next_cursor: cursor } = members(schema, 'properties');
  const item = cursor && examples[schemaName(items?.['items'])];
  return item === undefined ? (examples[name] ?? schema['example']) : { items: [item], next_cursor: null };
}

function schemaName(schema: unknown): string {
  const reference = isJsonObject(schema) ? schema['$ref'] : undefined;
  return typeof reference === 'string' ? reference.slice(reference.lastIndexOf('/') + 1) : '';
}
