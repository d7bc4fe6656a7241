import type { OpenAPIObject } from '@nestjs/swagger';

const REFERENCE = /#\/components\/schemas\/(\w+)/g;

/**
 * The document with its schemas under the names that clients see: `TeamResponseDto` is their `Team`, `TeamWriteDto`
 * their `TeamWrite`.
 * @throws Error when two schemas would have one name
 */
export function withPublicNames(document: OpenAPIObject): OpenAPIObject {
  const text = JSON.stringify(document).replace(REFERENCE, (_all, name) => `#/components/schemas/${publicName(name)}`);
  const renamed: OpenAPIObject = JSON.parse(text);
  const schemas = renamed.components?.schemas ?? {};
  const taken = new Map<string, string>();
  for (const name of Object.keys(schemas)) {
    const other = taken.get(publicName(name));
    if (other !== undefined) throw new Error(`${other} and ${name} would both be called ${publicName(name)}.`);
    taken.set(publicName(name), name);
  }
  const entries = Object.entries(schemas).map(([name, schema]) => [publicName(name), schema] as const);
  return { ...renamed, components: { ...renamed.components, schemas: Object.fromEntries(entries) } };
}

function publicName(name: string): string {
  return name.replace(/(Response)?Dto$/, '');
}
