import { writeFileSync } from 'node:fs';
import { errorMessage, isJsonObject, type JsonObject, type JsonValue } from '#libs/common';
import { getDynamicOpenApi } from '#sdk';
import { connect } from '../client/connect.js';
import { UsageError } from '../report-failure.js';
import { ATTRIBUTE_SCHEMAS, type AttributeSchemas, attributeTypes } from '../types/attribute-types.js';

export interface TypesCommandOptions {
  readonly organization: string;
  readonly out?: string;
  readonly sdk: string;
}

/** Writes TypeScript types of the attributes that an organization, what it owns and its edges have. */
export async function writeTypes({ organization, out, sdk }: TypesCommandOptions): Promise<void> {
  const { client } = await connect();
  const { data } = await getDynamicOpenApi({ client, query: { organization }, throwOnError: true });
  const text = attributeTypes(attributesIn(data), { organization, sdk });
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  try {
    writeFileSync(out, text);
  } catch (error) {
    throw new UsageError(`${out} cannot be written: ${errorMessage(error)}`);
  }
  process.stdout.write(`${out}: the attributes of ${organization}.\n`);
}

function attributesIn(document: unknown): AttributeSchemas {
  const json: JsonValue = JSON.parse(JSON.stringify(document));
  const schemas = ['components', 'schemas'].reduce<JsonValue | undefined>(
    (value, name) => (isJsonObject(value) ? value[name] : undefined),
    json,
  );
  const found = ATTRIBUTE_SCHEMAS.flatMap((name): [string, JsonObject][] => {
    const schema = isJsonObject(schemas) ? schemas[name] : undefined;
    return isJsonObject(schema) ? [[name, schema]] : [];
  });
  if (found.length > 0) return new Map(found);
  throw new UsageError('The server answered no attributes; it may be of an older version.');
}
