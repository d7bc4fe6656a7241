import type { OpenAPIObject } from '@nestjs/swagger';
import { isJsonObject } from '#libs/common';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const OPERATION_ID_PATTERN = /^[a-z][a-zA-Z0-9]*$/;

/**
 * What is missing in an OpenAPI document for a stranger to use it, one line a fault; an empty array is a good document.
 * Every operation has a summary, description, tag, unique name, permission and its problems; every parameter, every
 * schema and its properties are described; every body has an example; every list is paged.
 */
export function lintOpenApi(document: OpenAPIObject): string[] {
  const root: unknown = document;
  if (!isJsonObject(root)) return ['the document is not an object'];
  const tags = new Set((document.tags ?? []).map(({ name }) => name));
  const names = new Map<string, string>();
  const faults: string[] = [];
  for (const [path, item] of Object.entries(member(root, 'paths'))) {
    for (const method of METHODS) {
      const operation = isJsonObject(item) ? item[method] : undefined;
      if (!isJsonObject(operation)) continue;
      const where = `${method.toUpperCase()} ${path}`;
      faults.push(...lintOperation(operation, { path, method }, root, tags).map((fault) => `${where}: ${fault}`));
      const name = String(operation['operationId']);
      const other = names.get(name);
      if (other !== undefined) faults.push(`${where}: operationId ${name} is also the one of ${other}`);
      names.set(name, where);
    }
  }
  for (const [name, schema] of Object.entries(member(member(root, 'components'), 'schemas'))) {
    faults.push(...lintSchema(schema, name));
  }
  return faults;
}

type Node = Record<string, unknown>;

function lintOperation(
  operation: Node,
  { path, method }: { path: string; method: string },
  root: Node,
  tags: ReadonlySet<string>,
): string[] {
  const faults: string[] = [];
  for (const field of ['summary', 'description', 'x-permission']) {
    if (!hasText(operation[field])) faults.push(`has no ${field}`);
  }
  if (!OPERATION_ID_PATTERN.test(String(operation['operationId'] ?? ''))) faults.push('has no camelCase operationId');
  const own = Array.isArray(operation['tags']) ? operation['tags'] : [];
  if (own.length === 0) faults.push('has no tag');
  for (const tag of own) if (!tags.has(String(tag))) faults.push(`has the undescribed tag ${tag}`);
  const parameters = parametersOf(operation, root);
  for (const parameter of parameters) {
    if (!hasText(parameter['description'])) faults.push(`does not describe its parameter ${parameter['name']}`);
  }
  for (const [, name] of path.matchAll(/\{(\w+)\}/g)) {
    if (!parameters.some((parameter) => parameter['name'] === name))
      faults.push(`does not declare its parameter ${name}`);
  }
  for (const [type, media] of Object.entries(member(member(operation, 'requestBody'), 'content'))) {
    if (!hasExample(media, root)) faults.push(`gives no example of its ${type} body`);
  }
  const responses = member(operation, 'responses');
  if (path.startsWith('/api')) {
    const expected = operation['x-permission'] === 'public' ? ['400', '500', '503'] : ['400', '401', '500', '503'];
    for (const status of expected) if (!(status in responses)) faults.push(`does not document its problem ${status}`);
  }
  if (!Object.keys(responses).some((status) => status.startsWith('2') || status.startsWith('3'))) {
    faults.push('documents no success');
  }
  for (const [status, response] of Object.entries(responses)) {
    if (!status.startsWith('2')) continue;
    const answer = resolve(response, root);
    faults.push(...lintSuccess(status, answer, root));
    // A POST may answer with what became of each item it was sent: no list to go through.
    if (method === 'get') faults.push(...lintPage(answer, parameters, root));
  }
  return faults;
}

function lintSuccess(status: string, response: Node, root: Node): string[] {
  const faults: string[] = [];
  if (!hasText(response['description'])) faults.push(`does not describe its ${status}`);
  const content = member(response, 'content');
  if (status !== '204' && Object.keys(content).length === 0) faults.push(`gives its ${status} no schema`);
  for (const media of Object.values(content)) {
    const schema = resolve(isJsonObject(media) ? media['schema'] : undefined, root);
    if (schema['type'] === 'array') faults.push('answers with a bare array; a list is a page');
  }
  return faults;
}

function lintPage(response: Node, parameters: readonly Node[], root: Node): string[] {
  const faults: string[] = [];
  for (const media of Object.values(member(response, 'content'))) {
    const schema = resolve(isJsonObject(media) ? media['schema'] : undefined, root);
    const isPage = 'items' in member(schema, 'properties');
    if (!isPage) continue;
    if (!('next_cursor' in member(schema, 'properties'))) faults.push('answers with items and no next_cursor');
    for (const name of ['limit', 'cursor']) {
      if (!parameters.some((parameter) => parameter['name'] === name)) faults.push(`is a list without ${name}`);
    }
  }
  return faults;
}

function lintSchema(schema: unknown, name: string): string[] {
  if (!isJsonObject(schema)) return [];
  const own = hasText(schema['description']) ? [] : [`schema ${name} is not described`];
  return [...own, ...lintProperties(schema, name)];
}

function lintProperties(schema: Node, name: string): string[] {
  return Object.entries(member(schema, 'properties')).flatMap(([property, inner]) => {
    const where = `${name}.${property}`;
    const described = isJsonObject(inner) && (hasText(inner['description']) || '$ref' in inner);
    return [
      ...(described ? [] : [`schema ${where} is not described`]),
      ...(isJsonObject(inner) ? lintProperties(inner, where) : []),
    ];
  });
}

function hasExample(media: unknown, root: Node): boolean {
  if (!isJsonObject(media)) return false;
  return 'example' in media || 'example' in resolve(media['schema'], root);
}

function parametersOf(operation: Node, root: Node): Node[] {
  const parameters = operation['parameters'];
  return Array.isArray(parameters) ? parameters.map((parameter) => resolve(parameter, root)) : [];
}

function resolve(node: unknown, root: Node): Node {
  if (!isJsonObject(node)) return {};
  const reference = node['$ref'];
  if (typeof reference !== 'string') return node;
  let target: unknown = root;
  for (const key of reference.replace(/^#\//, '').split('/')) target = isJsonObject(target) ? target[key] : undefined;
  return isJsonObject(target) ? target : {};
}

function member(node: Node, key: string): Node {
  const value = node[key];
  return isJsonObject(value) ? value : {};
}

function hasText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
