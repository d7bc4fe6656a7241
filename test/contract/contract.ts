import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { OpenApiDocument } from '#libs/http';

/** One operation of the committed contract. */
export interface Operation {
  readonly path: string;
  readonly method: string;
  readonly operationId: string;
  readonly summary?: string;
  readonly 'x-permission'?: string;
  readonly security?: readonly unknown[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<string, { readonly $ref?: string; readonly content?: Readonly<Record<string, Media>> }>
  >;
}

interface Parameter {
  readonly name?: string;
  readonly in?: string;
  readonly required?: boolean;
  readonly $ref?: string;
  readonly example?: string;
  readonly schema?: { readonly example?: string };
}

export interface Media {
  readonly schema: Readonly<Record<string, unknown>>;
  readonly example?: unknown;
}

export const contractText = readFileSync(path.join(import.meta.dirname, '../../openapi/openapi.json'), 'utf8');
export const contract: OpenApiDocument = JSON.parse(contractText);

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

export const operations: readonly Operation[] = Object.entries(contract.paths).flatMap(([route, item]) =>
  METHODS.flatMap((method) => {
    const operation = item[method];
    return operation ? [{ parameters: [], ...operation, path: route, method } as Operation] : [];
  }),
);

/** Each operation with its name in front, for `it.each`. */
export const namedOperations = operations.map((operation): [string, Operation] => [operation.operationId, operation]);
