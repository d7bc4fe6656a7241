import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { contract } from './contract.js';

// OpenAPI 3.1 schemas are JSON Schema 2020-12, so a JSON Schema compiler can tell whether these are any good.
const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true, allowUnionTypes: true });
addFormats.default(ajv);
ajv.addVocabulary(['example', 'components', 'paths', 'info', 'openapi', 'servers', 'security', 'tags', 'externalDocs']);
ajv.addSchema({ ...contract, $id: 'contract' });

/** Compiles a schema of the contract. @throws Error where it is no JSON Schema */
export function compileSchema(name: string): void {
  ajv.compile({ $ref: `contract#/components/schemas/${name}` });
}

/** What is wrong with a value by a schema that stands somewhere in the contract. */
export function schemaFaults(schema: object, value: unknown): string[] {
  // References are relative to the document, so a schema is checked as part of it.
  const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"contract#/')));
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
